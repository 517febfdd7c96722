#!/bin/sh
# Asks Retainer's gate for a job of GitHub Actions or GitLab CI. Needs only a shell, awk and
# curl. The input is in GATE_* variables (action.yml, deploy/gitlab/sla-gate.yml). Without
# GATE_TOKEN the job's own OIDC token identifies it, so no secret is stored anywhere: on
# GitHub the job needs `permissions: {id-token: write}`, on GitLab `id_tokens:
# {RETAINER_ID_TOKEN: {aud: retainer}}`.
#
# Prints what `retainer gate --format github` prints (on GitLab: `--format text`), with its
# exit codes: 0 pass (or only warned), 1 a promise is broken, 2 wrong usage or no verdict, 3
# unreachable.
#
# GitLab can include only YAML files, so its template contains a copy of this script (a test
# compares).
set -eu

on_gitlab() { [ -n "${GITLAB_CI:-}" ]; }
say() { # LEVEL TEXT: on GitHub an annotation, in which % and line ends must be escaped
  text=$(printf '%s' "$2" | tr '\r\n' '  ')
  if on_gitlab; then
    printf '%s\n' "$text"
  else
    printf '::%s title=retainer gate::%s\n' "$1" "$(printf '%s' "$text" | sed 's/%/%25/g')"
  fi
}
summary() { # GitLab has no summary, only the job's log
  if [ -n "${GITHUB_STEP_SUMMARY:-}" ] && ! on_gitlab; then printf '%s\n' "$1" >>"$GITHUB_STEP_SUMMARY"; fi
}
verdict_is() { if [ -n "${GITHUB_OUTPUT:-}" ]; then printf 'verdict=%s\n' "$1" >>"$GITHUB_OUTPUT"; fi; }
# Escapes text for Markdown: no markup, no HTML, no mention.
markdown() { printf '%s' "$1" | sed 's/&/\&amp;/g; s/</\&lt;/g; s/@/\&#64;/g; s/[]\\`*_{}[()#+!|~>]/\\&/g'; }
going_on() { printf '%s\n' "this job goes on (on-unreachable: warn)"; }
trouble() { # EXIT TEXT
  summary "### ⚠️ $(markdown "$2")"
  if [ "$1" != 0 ]; then
    say error "$2"
    exit "$1"
  fi
  say warning "$2"
  going_on
  exit 0
}
refuse() { trouble 2 "$1"; }
cannot_tell() { # EXIT TEXT: there is no verdict; on-unreachable decides what follows
  verdict_is unknown
  if [ "$on_unreachable" = fail ]; then trouble "$1" "$2"; else trouble 0 "$2"; fi
}
# Switches and words may have any case, and blanks around them.
word() { printf '%s' "$1" | tr 'ABCDEFGHIJKLMNOPQRSTUVWXYZ' 'abcdefghijklmnopqrstuvwxyz' | tr -d ' \t\r\n'; }
# True for a fork's job, which may not ask and passes without a verdict. False when that is
# unknown: a job that only lacks its token must not look successful.
is_forks() {
  if on_gitlab; then
    # A pipeline that members run in the project itself may ask.
    [ -n "${CI_MERGE_REQUEST_PROJECT_ID:-}" ] && [ -n "${CI_MERGE_REQUEST_SOURCE_PROJECT_ID:-}" ] &&
      [ "$CI_MERGE_REQUEST_SOURCE_PROJECT_ID" != "$CI_MERGE_REQUEST_PROJECT_ID" ] &&
      [ "${CI_PROJECT_ID:-}" != "$CI_MERGE_REQUEST_PROJECT_ID" ]
    return
  fi
  case "${GITHUB_EVENT_NAME:-}" in
    # A deleted fork has no id.
    pull_request | pull_request_target)
      [ -n "${GATE_BASE_ID:-}" ] && [ "${GATE_HEAD_ID:-}" != "$GATE_BASE_ID" ]
      ;;
    *) false ;;
  esac
}
not_asked() {
  verdict_is unknown
  why="The gate was not asked: the job of a fork has no token for it."
  summary "### ⚠️ $(markdown "Not asked (${GATE_PROJECT:-}).")"
  summary ""
  summary "- $(markdown "$why")"
  say notice "$why"
  printf '%s\n' "Not asked (${GATE_PROJECT:-})."
  exit 0
}

on_unreachable=warn
case "$(word "${GATE_ON_UNREACHABLE:-warn}")" in
  warn) ;;
  fail) on_unreachable=fail ;;
  *) refuse "on-unreachable is warn or fail, not '${GATE_ON_UNREACHABLE}'." ;;
esac
case "$(word "${GATE_WARN_ONLY:-false}")" in
  true | yes | on | 1) warn_only=true ;;
  false | no | off | 0) warn_only=false ;;
  *) refuse "warn-only is true or false, not '${GATE_WARN_ONLY}'." ;;
esac
fail_on=$(word "${GATE_FAIL_ON:-breached}")
case "$fail_on" in
  breached | at_risk) ;;
  *) refuse "fail-on is breached or at_risk, not '${GATE_FAIL_ON}'." ;;
esac
[ -n "${GATE_URL:-}" ] || refuse "url is missing: write where Retainer is, https://support.example.com"
case "$GATE_URL" in
  https://* | http://127.0.0.1:* | http://localhost:* | http://\[::1\]:*) ;;
  *) refuse "url must begin with https://, so that the token is not seen on the way: write https://${GATE_URL#*://}" ;;
esac
[ -n "${GATE_PROJECT:-}" ] || refuse "project is missing: forge:path"

token=${GATE_TOKEN:-${RETAINER_ID_TOKEN:-}}
# A fork's pipeline on GitLab has a token, but one of the fork.
if [ -z "${GATE_TOKEN:-}" ] && on_gitlab && is_forks; then not_asked; fi
if [ -z "$token" ] && [ -n "${ACTIONS_ID_TOKEN_REQUEST_URL:-}" ]; then
  # Headers go through standard input, because every process of the machine can see arguments.
  token=$(printf 'header = "Authorization: bearer %s"\n' "$ACTIONS_ID_TOKEN_REQUEST_TOKEN" |
    curl -sS --fail --max-time 20 --retry 2 --retry-max-time 25 -K - -G \
      --data-urlencode "audience=${GATE_AUDIENCE:-retainer}" "$ACTIONS_ID_TOKEN_REQUEST_URL" |
    sed -n 's/.*"value" *: *"\([^"]*\)".*/\1/p') || token=
  [ -n "$token" ] || cannot_tell 3 "GitHub gave the job no OIDC token."
  printf '::add-mask::%s\n' "$token"
fi
if [ -z "$token" ]; then
  if is_forks; then not_asked; fi
  refuse "there is no token: give the job permissions: {id-token: write} (GitHub) or id_tokens: {RETAINER_ID_TOKEN: {aud: retainer}} (GitLab) and Retainer's configuration an oidc entry; or a token of Retainer's own"
fi

set -- --data-urlencode "project=$GATE_PROJECT" --data-urlencode "fail_on=$fail_on"
[ -z "${GATE_PRIORITY:-}" ] || set -- "$@" --data-urlencode "priority=$GATE_PRIORITY"
[ -z "${GATE_CUSTOMER:-}" ] || set -- "$@" --data-urlencode "customer=$GATE_CUSTOMER"
[ -z "${GATE_PLAN:-}" ] || set -- "$@" --data-urlencode "plan=$GATE_PLAN"
[ -z "${GATE_REF:-}" ] || set -- "$@" --data-urlencode "ref=$GATE_REF"
url=${GATE_URL%/}
# curl prints the status after the body, on a line of its own.
answer=$(printf 'header = "Authorization: Bearer %s"\n' "$token" |
  curl -sS --max-time 30 --retry 2 --retry-max-time 25 -K - -G "$@" -w '\n%{http_code}' "$url/api/v1/gate") ||
  answer=000
status=$(printf '%s\n' "$answer" | tail -n 1)
body=$(printf '%s\n' "$answer" | sed '$d' | tr '\r' ' ')
# Puts the members of a problem document on one line.
detail=$(printf '%s' "$body" | tr '\n' ' ' | sed -n 's/.*"detail" *: *"\([^"]*\)".*/: \1/p')
said="HTTP $status${detail:-.}"
check=" Check the token (see \`retainer token list\`); for a job's own, this project's id under \`oidc\` in Retainer's configuration and the audience ${GATE_AUDIENCE:-retainer}."
case "$status" in
  200) ;;
  401 | 403) refuse "The gate refuses: $said$check" ;;
  # Only an address with too many failed tokens gets this; a valid token is always answered.
  429) refuse "The gate refuses: $said$check Then ask again in a minute." ;;
  404)
    case "$body" in
      # The project is not known (yet). Other refusals are about the question.
      *'"code"'*) cannot_tell 2 "The gate cannot tell: $said" ;;
    esac
    refuse "The gate refuses: $said"
    ;;
  000) cannot_tell 3 "Retainer did not answer: no connection to $url." ;;
  5??) cannot_tell 3 "Retainer did not answer: $said" ;;
  *) refuse "The gate refuses: $said" ;;
esac

# The answer has one member per line; the script relies on nothing else.
tell() { # FORMAT
  printf '%s\n' "$body" | awk -v format="$1" -v warn_only="$warn_only" '
    function text(line,    out, i, c) {
      sub(/^[^:]*: "/, "", line)
      sub(/",?$/, "", line)
      for (i = 1; i <= length(line); i++) {
        c = substr(line, i, 1)
        if (c == "\\") {
          c = substr(line, ++i, 1)
          if (c == "u") { i += 4; c = "?" } else if (index("bfnrt", c)) c = "?"
        }
        out = out c
      }
      return out
    }
    function escaped(s,    out, i, c) { # in Markdown
      for (i = 1; i <= length(s); i++) {
        c = substr(s, i, 1)
        if (c == "&") c = "&amp;"
        else if (c == "<") c = "&lt;"
        else if (c == "@") c = "&#64;"
        else if (index("\\`*_{}[]()#+!|~>", c)) c = "\\" c
        out = out c
      }
      return out
    }
    function annotation(level, s) {
      gsub(/%/, "%25", s)
      print "::" level " title=retainer gate::" s
    }
    /^  "[a-z_]*": [\[{]$/ { part = $1; next }
    /^  [\]}]/ { part = "" }
    !/: "/ && !/^    }/ { next }
    part == "\"reasons\":" && /^    }/ { n++ }
    part == "\"reasons\":" && /^      "kind": / { kind[n + 0] = text($0) }
    part == "\"reasons\":" && /^      "text": / { reason[n + 0] = text($0) }
    part == "\"reasons\":" && /^      "url": / { url[n + 0] = text($0) }
    part == "\"override\":" { name = $1; gsub(/[":]/, "", name); over[name] = text($0) }
    part == "\"ref\":" && /^    "text": / { ref = text($0) }
    part == "" && /^  "verdict": / { verdict = text($0) }
    part == "" && /^  "headline": / { headline = text($0) }
    part == "" && /^  "note": / { note = text($0) }
    part == "" && /^  "as_of": / { as_of = text($0) }
    part == "" && /^  "next_change_at": / { next_at = text($0) }
    END {
      if (verdict !~ /^(pass|fail|unknown)$/) verdict = ""
      overridden = ("id" in over)
      override = overridden ? "override " over["id"] " of " over["by"] ", in force until " over["until"] ": " over["reason"] "; without it the verdict is " over["without"] : ""
      following = verdict == "pass" && !overridden && next_at != "" ? "the next falls due at " next_at : ""
      if (format == "verdict") {
        print verdict
      } else if (format == "markdown") {
        mark = overridden ? "⚠️" : verdict == "pass" ? "✅" : verdict == "fail" ? "❌" : "⚠️"
        print "### " mark " " escaped(headline) "\n"
        if (overridden) print "**" escaped(override) "**\n"
        for (i = 0; i < n; i++) {
          plain = url[i] ~ /^https?:\/\// && url[i] !~ /[ <>()\[\]"\x27`\\]/
          print "- " escaped(reason[i]) (plain ? " ([ticket](" url[i] "))" : "")
        }
        if (n) print ""
        if (ref != "") print escaped(ref) "\n"
        if (note != "") print escaped(note) "\n"
        print "As of " escaped(as_of) (following != "" ? "; " escaped(following) : "") "."
      } else if (format == "github") {
        if (overridden) annotation("warning", override)
        for (i = 0; i < n; i++) {
          annotation(kind[i] != "unknown" && !overridden && warn_only != "true" ? "error" : "warning", reason[i])
        }
        print headline
      } else {
        print headline
        if (overridden) print "  " override
        for (i = 0; i < n; i++) {
          print "  " reason[i]
          if (url[i] != "") print "    " url[i]
        }
        if (ref != "") print "  " ref
        if (note != "") print "  " note
        if (following != "") print "  " following
      }
      if (verdict == "fail" && warn_only == "true" && (format == "github" || format == "text")) {
        print "Only warned: this job goes on (warn-only)."
      }
    }'
}
verdict=$(tell verdict)
[ -n "$verdict" ] || refuse "the answer is not from a gate: give url the address of Retainer, without a path"
verdict_is "$verdict"
if on_gitlab; then tell text; else tell github; fi
summary "$(tell markdown)"
case "$verdict" in
  pass) ;;
  fail) if [ "$warn_only" = false ]; then exit 1; fi ;;
  *)
    if [ "$on_unreachable" = fail ]; then exit 2; fi
    going_on
    ;;
esac
