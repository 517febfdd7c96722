#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <optional>
#include <tuple>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "tests/sinks/fake_receivers.h"

namespace retainer::sinks {
namespace {

void Require(bool done) {
  if (!done) std::abort();
}

std::pair<int, int> Listen() {
  const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  Require(bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0);
  Require(listen(listener, 16) == 0);
  socklen_t size = sizeof(address);
  Require(getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size) == 0);
  return {listener, ntohs(address.sin_port)};
}

// A self-signed certificate for `localhost`.
std::shared_ptr<void> Certify(EVP_PKEY* key) {
  X509* certificate = X509_new();
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
  X509_set_version(certificate, 2);
  X509_gmtime_adj(X509_getm_notBefore(certificate), -3600);
  X509_gmtime_adj(X509_getm_notAfter(certificate), 86400);
  X509_set_pubkey(certificate, key);
  X509_NAME* name = X509_get_subject_name(certificate);
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>("localhost"), -1, -1, 0);
  X509_set_issuer_name(certificate, name);
  X509V3_CTX context;
  X509V3_set_ctx(&context, certificate, certificate, nullptr, nullptr, 0);
  for (const auto& [id, value] :
       {std::pair{NID_subject_alt_name, "DNS:localhost"}, {NID_basic_constraints, "CA:TRUE"}}) {
    X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, id, value);
    X509_add_ext(certificate, extension, -1);
    X509_EXTENSION_free(extension);
  }
  Require(X509_sign(certificate, key, EVP_sha256()) != 0);
  return {certificate, [](void* held) { X509_free(static_cast<X509*>(held)); }};
}

std::string Pem(X509* certificate) {
  BIO* bio = BIO_new(BIO_s_mem());
  PEM_write_bio_X509(bio, certificate);
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  std::string text(data, static_cast<std::size_t>(size));
  BIO_free(bio);
  return text;
}

}  // namespace

// One connection, line by line; unencrypted at first, later perhaps encrypted.
class SmtpReceiver::Line {
 public:
  explicit Line(int connection) : connection_(connection) {}
  ~Line() {
    if (ssl_ != nullptr) SSL_free(ssl_);
    if (context_ != nullptr) SSL_CTX_free(context_);
  }
  bool is_encrypted() const { return ssl_ != nullptr; }

  bool Encrypt(X509* certificate, EVP_PKEY* key) {
    context_ = SSL_CTX_new(TLS_server_method());
    SSL_CTX_use_certificate(context_, certificate);
    SSL_CTX_use_PrivateKey(context_, key);
    ssl_ = SSL_new(context_);
    SSL_set_fd(ssl_, connection_);
    return SSL_accept(ssl_) == 1;
  }

  std::optional<std::string> Read() {
    for (;;) {
      const std::size_t end = buffer_.find("\r\n");
      if (end != buffer_.npos) {
        std::string line = buffer_.substr(0, end);
        buffer_.erase(0, end + 2);
        return line;
      }
      char bytes[4096];
      const long got = ssl_ != nullptr ? SSL_read(ssl_, bytes, sizeof(bytes))
                                       : recv(connection_, bytes, sizeof(bytes), 0);
      if (got <= 0) return std::nullopt;
      buffer_.append(bytes, static_cast<std::size_t>(got));
    }
  }

  void Write(const std::string& text) {
    const std::string line = text + "\r\n";
    if (ssl_ != nullptr) {
      SSL_write(ssl_, line.data(), static_cast<int>(line.size()));
    } else {
      send(connection_, line.data(), line.size(), MSG_NOSIGNAL);
    }
  }

 private:
  const int connection_;
  std::string buffer_;
  SSL_CTX* context_ = nullptr;
  SSL* ssl_ = nullptr;
};

SmtpReceiver::SmtpReceiver(SmtpBehaviour behaviour) : behaviour_(std::move(behaviour)) {
  // As in the service: OpenSSL writes without MSG_NOSIGNAL, and the other side may be gone.
  std::signal(SIGPIPE, SIG_IGN);
  EVP_PKEY* key = EVP_EC_gen("P-256");
  Require(key != nullptr);
  key_ =
      std::shared_ptr<void>(key, [](void* held) { EVP_PKEY_free(static_cast<EVP_PKEY*>(held)); });
  certificate_ = Certify(key);
  authority_ = Pem(static_cast<X509*>(certificate_.get()));
  std::tie(listener_, port_) = Listen();
  thread_ = std::thread([this] { Accept(); });
}

SmtpReceiver::~SmtpReceiver() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
    if (connection_ >= 0) shutdown(connection_, SHUT_RDWR);
  }
  shutdown(listener_, SHUT_RDWR);
  thread_.join();
  close(listener_);
}

std::vector<Mail> SmtpReceiver::mails() const {
  std::lock_guard lock(mutex_);
  return mails_;
}

std::vector<std::string> SmtpReceiver::commands() const {
  std::lock_guard lock(mutex_);
  return commands_;
}

void SmtpReceiver::Accept() {
  for (;;) {
    const int connection = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (connection < 0) return;
    {
      std::lock_guard lock(mutex_);
      connection_ = connection;
      if (stopping_) shutdown(connection, SHUT_RDWR);
    }
    Talk(connection);
    std::lock_guard lock(mutex_);
    connection_ = -1;
    close(connection);
  }
}

void SmtpReceiver::Talk(int connection) {
  Line line(connection);
  Mail mail;
  line.Write("220 ready");
  while (const auto command = line.Read()) {
    {
      std::lock_guard lock(mutex_);
      commands_.push_back(*command);
    }
    if (absl::StartsWith(*command, "EHLO ")) {
      mail.hello = command->substr(5);
      if (behaviour_.offers_starttls && !line.is_encrypted()) line.Write("250-STARTTLS");
      if (behaviour_.offers_login) line.Write("250-AUTH PLAIN");
      line.Write("250 8BITMIME");
    } else if (*command == "STARTTLS" && behaviour_.offers_starttls) {
      line.Write("220 go ahead");
      if (!line.Encrypt(static_cast<X509*>(certificate_.get()),
                        static_cast<EVP_PKEY*>(key_.get()))) {
        return;
      }
    } else if (absl::StartsWith(*command, "AUTH PLAIN")) {
      std::string said = command->substr(10);
      if (said.empty()) {
        line.Write("334 ");
        said = line.Read().value_or("");
      }
      absl::Base64Unescape(absl::StripPrefix(said, " "), &mail.login);
      line.Write(behaviour_.to_login);
    } else if (absl::StartsWith(*command, "MAIL FROM:")) {
      mail.from = command->substr(10);
      line.Write("250 yes");
    } else if (absl::StartsWith(*command, "RCPT TO:")) {
      mail.to.push_back(command->substr(8));
      line.Write(behaviour_.to_recipient);
    } else if (*command == "DATA") {
      line.Write("354 go ahead");
      for (auto text = line.Read(); text && *text != "."; text = line.Read()) {
        absl::StrAppend(&mail.message, absl::StripPrefix(*text, "."), "\r\n");
      }
      mail.is_encrypted = line.is_encrypted();
      {
        std::lock_guard lock(mutex_);
        mails_.push_back(mail);
      }
      line.Write(behaviour_.to_message);
    } else if (*command == "QUIT") {
      line.Write("221 bye");
      return;
    } else {
      line.Write("500 what?");
    }
  }
}

SilentReceiver::SilentReceiver() { std::tie(listener_, port_) = Listen(); }
SilentReceiver::~SilentReceiver() { close(listener_); }

}  // namespace retainer::sinks
