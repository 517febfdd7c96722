#!/bin/sh
# Asks Retainer's gate on behalf of a job of GitHub Actions or GitLab CI. Plain shell and curl; what it
# is told stands in GATE_* variables (action.yml, deploy/gitlab/sla-gate.yml). Without GATE_TOKEN the
# job's own OIDC token says who asks, so that no secret is stored anywhere: on GitHub the job needs
# `permissions: {id-token: write}`, on GitLab `id_tokens: {RETAINER_ID_TOKEN: {aud: retainer}}`.
#
# Exit: 0 pass (or only warned), 1 a promise is broken, 2 wrong usage, or the gate cannot tell.
#
# GitLab can include no file but YAML: its template holds this script word for word (a test compares).
set -eu

say() { # LEVEL TEXT: on GitHub an annotation, which wants % and line ends escaped
  text=$(printf '%s' "$2" | tr '\r\n' '  ')
  if [ -n "${GITLAB_CI:-}" ]; then
    printf 'SLA gate: %s: %s\n' "$1" "$text"
  else
    printf '::%s title=SLA gate::%s\n' "$1" "$(printf '%s' "$text" | sed 's/%/%25/g')"
  fi
}
summary() { # on GitLab the job's log is all there is
  if [ -n "${GITHUB_STEP_SUMMARY:-}" ]; then
    printf '%s\n' "$1" >>"$GITHUB_STEP_SUMMARY"
  elif [ -n "${GITLAB_CI:-}" ]; then
    printf '%s\n' "$1"
  fi
}
verdict_is() { if [ -n "${GITHUB_OUTPUT:-}" ]; then printf 'verdict=%s\n' "$1" >>"$GITHUB_OUTPUT"; fi; }
# The gate could not tell.
cannot_tell() {
  verdict_is unknown
  summary "**SLA gate: cannot tell.** $1"
  if [ "${GATE_ON_UNREACHABLE:-warn}" = fail ]; then
    say error "$1"
    exit 2
  fi
  say warning "$1 Going on: on-unreachable is warn."
  exit 0
}
refuse() {
  say error "$1"
  exit 2
}
# A fork's job has no right to ask; nothing can be said, and nothing is held against it. False where
# that cannot be told: a job that was merely forgotten a token must not look as if all were well.
is_forks() {
  if [ -n "${GITLAB_CI:-}" ]; then
    # Where members run it in their own project, it may ask.
    [ -n "${CI_MERGE_REQUEST_PROJECT_ID:-}" ] && [ -n "${CI_MERGE_REQUEST_SOURCE_PROJECT_ID:-}" ] &&
      [ "$CI_MERGE_REQUEST_SOURCE_PROJECT_ID" != "$CI_MERGE_REQUEST_PROJECT_ID" ] &&
      [ "${CI_PROJECT_ID:-}" != "$CI_MERGE_REQUEST_PROJECT_ID" ]
    return
  fi
  case "${GITHUB_EVENT_NAME:-}" in
    # A fork that is gone has no id.
    pull_request | pull_request_target)
      [ -n "${GATE_BASE_ID:-}" ] && [ "${GATE_HEAD_ID:-}" != "$GATE_BASE_ID" ]
      ;;
    *) false ;;
  esac
}
not_asked() {
  verdict_is unknown
  summary "SLA gate: not asked, the job of a fork has no token for it."
  say notice "Not asked: the job of a fork has no token for it."
  exit 0
}

[ -n "${GATE_URL:-}" ] || refuse "url is missing: write where Retainer is."
case "$GATE_URL" in
  https://* | http://127.0.0.1:* | http://localhost:*) ;;
  *) refuse "url must begin with https://, so that the token is not seen on the way." ;;
esac

token=${GATE_TOKEN:-${RETAINER_ID_TOKEN:-}}
# A fork's pipeline on GitLab has a token, of the fork.
if [ -z "${GATE_TOKEN:-}" ] && [ -n "${GITLAB_CI:-}" ] && is_forks; then not_asked; fi
if [ -z "$token" ] && [ -n "${ACTIONS_ID_TOKEN_REQUEST_URL:-}" ]; then
  # Headers go through standard input: arguments are seen by every process of the machine.
  token=$(printf 'header = "Authorization: bearer %s"\n' "$ACTIONS_ID_TOKEN_REQUEST_TOKEN" |
    curl -sS --fail --max-time 20 --retry 2 --retry-max-time 25 -K - -G \
      --data-urlencode "audience=${GATE_AUDIENCE:-retainer}" "$ACTIONS_ID_TOKEN_REQUEST_URL" |
    sed -n 's/.*"value" *: *"\([^"]*\)".*/\1/p') || token=
  [ -n "$token" ] || cannot_tell "GitHub gave the job no OIDC token."
  printf '::add-mask::%s\n' "$token"
fi
if [ -z "$token" ]; then
  if is_forks; then not_asked; fi
  refuse "No token: give the job 'permissions: {id-token: write}' (GitHub) or 'id_tokens: {RETAINER_ID_TOKEN: {aud: retainer}}' (GitLab), or a token of Retainer's own."
fi

set -- --data-urlencode "project=${GATE_PROJECT:?}" \
  --data-urlencode "fail_on=${GATE_FAIL_ON:-breached}"
[ -z "${GATE_PRIORITY:-}" ] || set -- "$@" --data-urlencode "priority=$GATE_PRIORITY"
[ -z "${GATE_CUSTOMER:-}" ] || set -- "$@" --data-urlencode "customer=$GATE_CUSTOMER"
[ -z "${GATE_PLAN:-}" ] || set -- "$@" --data-urlencode "plan=$GATE_PLAN"
[ -z "${GATE_REF:-}" ] || set -- "$@" --data-urlencode "ref=$GATE_REF"
# The status comes behind the body, on a line of its own.
answer=$(printf 'header = "Authorization: Bearer %s"\n' "$token" |
  curl -sS --max-time 30 --retry 2 --retry-max-time 25 -K - -G "$@" -w '\n%{http_code}' "${GATE_URL%/}/api/v1/gate") ||
  answer=000
status=$(printf '%s\n' "$answer" | tail -n 1)
# One line, and what a problem says.
body=$(printf '%s\n' "$answer" | sed '$d' | tr '\r\n' '  ' | cut -c1-60000)
detail=$(printf '%s' "$body" | sed -n 's/.*"detail" *: *"\([^"]*\)".*/\1/p')
case "$status" in
  200) ;;
  401 | 403) refuse "Retainer does not take the token ($status). $detail Is this repository's id in Retainer's oidc entry, and the audience '${GATE_AUDIENCE:-retainer}'?" ;;
  # Said only to an address whose tokens failed too often: a token that holds is always answered.
  429) refuse "Retainer has refused too many tokens of this address (429). $detail Is this repository's id in Retainer's oidc entry, and the audience '${GATE_AUDIENCE:-retainer}'? Mend that and ask again in a minute." ;;
  400 | 404) refuse "Retainer answers $status: $detail" ;;
  *) cannot_tell "Retainer does not answer ($status). $detail" ;;
esac

verdict=$(printf '%s' "$body" | sed -n 's/.*"verdict" *: *"\([a-z]*\)".*/\1/p')
verdict_is "${verdict:-unknown}"
report=$(printf '%s' "$body" | sed 's/`/'"'"'/g')
summary "**SLA gate: ${verdict:-unknown}** for ${GATE_PROJECT}"
summary ""
summary '```json'
summary "$report"
summary '```'
case "$verdict" in
  pass)
    # Within a text the quotes of a key would be escaped.
    case "$body" in
      *'"override":'* | *'"override" :'*)
        say warning "Let through by a recorded override; who and why is in the job's summary."
        exit 0
        ;;
    esac
    say notice "Every support promise of $GATE_PROJECT is kept."
    ;;
  fail)
    if [ "${GATE_WARN_ONLY:-false}" = true ]; then
      say warning "A support promise of $GATE_PROJECT is broken; see the job's summary. Only warned."
    else
      say error "A support promise of $GATE_PROJECT is broken; see the job's summary."
      exit 1
    fi
    ;;
  *) cannot_tell "Retainer cannot tell yet; see its /readyz." ;;
esac
