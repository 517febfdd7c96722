#include "tests/sandbox/test_client.h"

#include <httplib.h>
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>

#include <mutex>
#include <thread>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "src/sandbox/crypto.h"

namespace retainer::sandbox {
namespace {

std::pair<std::string, std::string> Split(const std::string& url) {
  std::size_t slash = url.find('/', url.find("://") + 3);
  return {url.substr(0, slash), slash == std::string::npos ? "/" : url.substr(slash)};
}

std::string WebSafe(const std::string& bytes) {
  std::string out = absl::WebSafeBase64Escape(bytes);
  while (!out.empty() && out.back() == '=') out.pop_back();
  return out;
}

}  // namespace

Reply Send(const std::string& method, const std::string& url, const SentHeaders& headers,
           const std::string& body) {
  auto [base, path] = Split(url);
  httplib::Client client(base);
  client.set_url_encode(false);
  client.set_read_timeout(5);
  httplib::Request request;
  request.method = method;
  request.path = path;
  for (const auto& [name, value] : headers) request.set_header(name, value);
  request.body = body;
  httplib::Result result = client.send(request);
  Reply reply;
  if (!result) return reply;
  reply.status = result->status;
  for (const auto& [name, value] : result->headers) {
    reply.headers[absl::AsciiStrToLower(name)] = value;
  }
  reply.body = result->body;
  return reply;
}

struct OpenConnection::State {
  explicit State(const std::string& base) : client(base) {}
  httplib::Client client;
};

OpenConnection::OpenConnection(const std::string& url)
    : state_(std::make_unique<State>(Split(url).first)) {
  state_->client.set_keep_alive(true);
  state_->client.Get(Split(url).second.c_str());
}
OpenConnection::~OpenConnection() = default;

struct TestReceiver::State {
  httplib::Server server;
  std::thread thread;
  int port = 0;
  mutable std::mutex mutex;
  std::vector<Received> received;
};

TestReceiver::TestReceiver(int status) : state_(std::make_unique<State>()) {
  State* state = state_.get();
  state->server.set_tcp_nodelay(true);
  state->server.set_keep_alive_max_count(1);
  state->server.Post(".*", [state, status](const httplib::Request& in, httplib::Response& out) {
    Received received;
    for (const auto& [name, value] : in.headers) {
      received.headers[absl::AsciiStrToLower(name)] = value;
    }
    received.body = in.body;
    std::lock_guard lock(state->mutex);
    state->received.push_back(std::move(received));
    out.status = status;
  });
  state->port = state->server.bind_to_any_port("127.0.0.1");
  state->thread = std::thread([state] { state->server.listen_after_bind(); });
  while (!state->server.is_running()) std::this_thread::yield();
}

TestReceiver::~TestReceiver() {
  state_->server.stop();
  state_->thread.join();
}

std::string TestReceiver::url() const {
  return absl::StrCat("http://127.0.0.1:", state_->port, "/webhooks/forge");
}

std::vector<Received> TestReceiver::received() const {
  std::lock_guard lock(state_->mutex);
  return state_->received;
}

std::string TestJwt(const std::string& private_pem, const std::string& issuer, absl::Time issued,
                    absl::Time expires) {
  nlohmann::json claims = {
      {"iat", absl::ToUnixSeconds(issued)}, {"exp", absl::ToUnixSeconds(expires)}, {"iss", issuer}};
  std::string text =
      absl::StrCat(WebSafe(R"({"alg":"RS256","typ":"JWT"})"), ".", WebSafe(claims.dump()));
  BIO* bio = BIO_new_mem_buf(private_pem.data(), static_cast<int>(private_pem.size()));
  EVP_PKEY* key = PEM_read_bio_PrivateKey(bio, nullptr, nullptr, nullptr);
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  std::size_t size = 0;
  std::string signature;
  const auto* bytes = reinterpret_cast<const unsigned char*>(text.data());
  if (key != nullptr && EVP_DigestSignInit(context, nullptr, EVP_sha256(), nullptr, key) == 1 &&
      EVP_DigestSign(context, nullptr, &size, bytes, text.size()) == 1) {
    signature.resize(size);
    EVP_DigestSign(context, reinterpret_cast<unsigned char*>(signature.data()), &size, bytes,
                   text.size());
    signature.resize(size);
  }
  EVP_MD_CTX_free(context);
  EVP_PKEY_free(key);
  BIO_free(bio);
  return absl::StrCat(text, ".", WebSafe(signature));
}

std::string TestHmac(const std::string& key, const std::string& text) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
       reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest, &size);
  return std::string(reinterpret_cast<char*>(digest), size);
}

std::string Hex(const std::string& bytes) { return absl::BytesToHexString(bytes); }

void SandboxTest::SetUp() {
  ASSERT_TRUE(sandbox_.Start().ok());
  for (ForgeKind forge : {ForgeKind::kGitHub, ForgeKind::kGitLab}) {
    sandbox_.AddUser(forge, {.login = "alice"});
    sandbox_.AddUser(forge, {.login = "dave", .email = "dave@acme.example"});
    sandbox_.AddUser(forge, {.login = "eve"});
  }
  sandbox_.AddUser(ForgeKind::kGitLab, {.login = "desk", .machine = true});
  sandbox_.AddOrganization(ForgeKind::kGitHub, "acme");
  sandbox_.AddProject({.ref = github_, .id = 1296269});
  sandbox_.AddProject({.ref = gitlab_});
  ASSERT_TRUE(sandbox_.SetRole(github_, "alice", "maintain").ok());
  ASSERT_TRUE(sandbox_.SetRole(gitlab_, "alice", "maintainer").ok());
  ASSERT_TRUE(sandbox_.SetRole(gitlab_, "desk", "maintainer").ok());
  // One key for all tests, because making a key takes longer than a test.
  static const sandbox::KeyPair& key = *new sandbox::KeyPair(*sandbox::MakeRsaKey());
  app_ = *sandbox_.RegisterApp("retainer", key.public_pem);
  app_.private_key_pem = key.private_pem;
  alice_token_ = *sandbox_.CreateToken(ForgeKind::kGitHub, "alice");
  gitlab_token_ = *sandbox_.CreateToken(ForgeKind::kGitLab, "desk");
  app_token_ = InstallationToken();
}

std::string SandboxTest::InstallationToken() {
  const absl::Time now = clock_.Now();
  const SentHeaders jwt = {{"Authorization", "Bearer " + TestJwt(app_.private_key_pem, app_.id, now,
                                                                 now + absl::Minutes(9))}};
  const std::string api = sandbox_.github_api_url();
  Reply installation = Send("GET", api + "/repos/acme/opendb/installation", jwt);
  if (installation.status != 200) return "";
  Reply token = Send("POST",
                     absl::StrCat(api, "/app/installations/",
                                  installation.Json()["id"].get<std::int64_t>(), "/access_tokens"),
                     jwt);
  return token.status == 201 ? token.Json()["token"].get<std::string>() : "";
}

Reply SandboxTest::GitHub(const std::string& method, const std::string& path,
                          const std::string& body, SentHeaders headers, const std::string& token) {
  headers.emplace_back("Authorization", "Bearer " + (token.empty() ? app_token_ : token));
  if (!body.empty()) headers.emplace_back("Content-Type", "application/json");
  return Send(method, sandbox_.github_api_url() + path, headers, body);
}

Reply SandboxTest::GitLab(const std::string& method, const std::string& path,
                          const std::string& body, SentHeaders headers, const std::string& token) {
  headers.emplace_back("PRIVATE-TOKEN", token.empty() ? gitlab_token_ : token);
  if (!body.empty()) headers.emplace_back("Content-Type", "application/json");
  return Send(method, sandbox_.gitlab_api_url() + path, headers, body);
}

}  // namespace retainer::sandbox
