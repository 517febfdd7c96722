#include "src/backup/backup_file.h"

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "src/backup/backup_header.h"
#include "tests/fakes/temporary_folder.h"

namespace retainer::backup {
namespace {

namespace fs = std::filesystem;
using Files = std::map<std::string, std::string>;

absl::Status AcceptAny(const BackupHeader&) { return absl::OkStatus(); }

std::string ReadText(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

void WriteText(const fs::path& path, const std::string& text) {
  std::ofstream(path, std::ios::binary) << text;
}

class BackupFileTest : public testing::Test {
 protected:
  BackupFileTest() {
    fs::create_directory(path("checkpoint"));
    for (const auto& [name, text] : files_) WriteText(path("checkpoint/" + name), text);
    header_.program = "1.2.3";
    header_.schema = 7;
    header_.made_at = absl::FromUnixMillis(1'700'000'000'123);
    header_.ledger_length = 12;
    header_.ledger_digest = "ab12";
  }
  std::string path(const std::string& name) const { return folder_.path() + "/" + name; }

  std::string Make() {
    const int fd = open(path("backup.tar").c_str(), O_RDWR | O_CREAT | O_TRUNC, 0600);
    const absl::Status written = WriteBackup(path("checkpoint"), header_, fd);
    EXPECT_TRUE(written.ok()) << written;
    close(fd);
    return ReadText(path("backup.tar"));
  }
  // Reads these bytes as a backup; `files` gets what was unpacked.
  absl::StatusOr<BackupHeader> Unpack(const std::string& bytes, Files* files = nullptr,
                                      const AcceptHeader& accept = AcceptAny) {
    WriteText(path("read.tar"), bytes);
    fs::remove_all(path("into"));
    fs::create_directory(path("into"));
    const int fd = open(path("read.tar").c_str(), O_RDONLY);
    auto header = ReadBackup(fd, "read.tar", accept, path("into"));
    close(fd);
    for (const auto& entry : fs::directory_iterator(path("into"))) {
      if (files != nullptr) (*files)[entry.path().filename()] = ReadText(entry.path());
    }
    return header;
  }

  const Files files_ = {{"000012.sst", std::string(3000, 'x')},
                        {"CURRENT", "MANIFEST-000005\n"},
                        {"MANIFEST-000005", std::string("\0\1\2", 3)}};
  TemporaryFolder folder_;
  BackupHeader header_;
};

TEST_F(BackupFileTest, GivesTheSameFilesAndSaysWhatTheyAre) {
  Files unpacked;
  const auto header = Unpack(Make(), &unpacked);
  ASSERT_TRUE(header.ok()) << header.status();
  EXPECT_EQ(header->program, "1.2.3");
  EXPECT_EQ(header->schema, 7u);
  EXPECT_EQ(header->made_at, header_.made_at);
  EXPECT_EQ(header->ledger_length, 12u);
  EXPECT_EQ(header->ledger_digest, "ab12");
  EXPECT_EQ(unpacked, files_);
  struct stat info {};
  ASSERT_EQ(stat(path("into/CURRENT").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
}

TEST_F(BackupFileTest, NoFlippedByteGivesOtherFiles) {
  const std::string whole = Make();
  std::size_t found = 0;
  for (std::size_t i = 0; i < whole.size(); i += 61) {
    std::string bytes = whole;
    bytes[i] = static_cast<char>(bytes[i] ^ 0x40);
    Files unpacked;
    const auto header = Unpack(bytes, &unpacked);
    found += header.ok() ? 0 : 1;
    // What fills the blocks of a tar archive has no meaning.
    if (header.ok()) {
      EXPECT_EQ(unpacked, files_) << i;
    }
  }
  EXPECT_GT(found, 60u);
}

TEST_F(BackupFileTest, NamesTheDamagedFile) {
  std::string bytes = Make();
  bytes[bytes.find(std::string(3000, 'x')) + 1000] = 'y';
  const absl::Status status = Unpack(bytes).status();
  EXPECT_TRUE(absl::IsDataLoss(status)) << status;
  EXPECT_TRUE(absl::StrContains(status.message(), "db/000012.sst")) << status;
}

TEST_F(BackupFileTest, OneThatEndsEarlyIsRefusedWhereverItEnds) {
  const std::string whole = Make();
  const std::size_t end = whole.find("  db/MANIFEST-000005\n") + 20;
  for (std::size_t size = 0; size < end; size += 200) {
    EXPECT_FALSE(Unpack(whole.substr(0, size)).ok()) << size;
  }
  const std::size_t sums = whole.find("SHA256SUMS") / 512 * 512;
  const absl::Status status = Unpack(whole.substr(0, sums)).status();
  EXPECT_TRUE(absl::IsDataLoss(status)) << status;
  EXPECT_TRUE(absl::StrContains(status.message(), "ends early")) << status;
}

TEST_F(BackupFileTest, NumbersThatAreNoneAreNoBackup) {
  const std::string good = HeaderJson(header_);
  ASSERT_TRUE(ParseHeader(good, "x.tar").ok());
  for (const char* name : {"format", "schema", "ledger_length"}) {
    for (const char* number : {"1e300", "1.5", "-1", "\"7\""}) {
      std::string bad = good;
      const std::size_t at = bad.find(name) + std::string(name).size() + 3;
      bad.replace(at, bad.find(',', at) - at, number);
      EXPECT_TRUE(absl::IsInvalidArgument(ParseHeader(bad, "x.tar").status())) << bad;
    }
  }
}

TEST_F(BackupFileTest, ANewerFormatIsRefusedByName) {
  header_.format = kFormat + 1;
  const absl::Status status = Unpack(Make()).status();
  EXPECT_TRUE(absl::IsFailedPrecondition(status)) << status;
  EXPECT_TRUE(absl::StrContains(status.message(), "written by retainer 1.2.3")) << status;
}

TEST_F(BackupFileTest, NothingIsUnpackedThatTheCallerDoesNotAccept) {
  Files unpacked;
  const auto refuse = [](const BackupHeader&) { return absl::FailedPreconditionError("no"); };
  EXPECT_EQ(Unpack(Make(), &unpacked, refuse).status().message(), "no");
  EXPECT_TRUE(unpacked.empty());
}

TEST_F(BackupFileTest, WhatIsNoBackupIsCalledSo) {
  for (const std::string& bytes : {std::string("hello"), std::string(20000, 'z'), std::string()}) {
    const absl::Status status = Unpack(bytes).status();
    EXPECT_TRUE(absl::IsInvalidArgument(status)) << status;
    EXPECT_TRUE(absl::StrContains(status.message(), "read.tar is not a backup")) << status;
  }
}

// Writes an archive that begins as a backup and then has one entry of this name and type.
std::string WithEntry(const std::string& file, const std::string& header, const std::string& name,
                      unsigned type) {
  archive* tar = archive_write_new();
  archive_write_set_format_pax_restricted(tar);
  archive_write_open_filename(tar, file.c_str());
  for (const auto& [entry_name, text, entry_type] :
       {std::tuple(std::string("backup.json"), header, unsigned{AE_IFREG}),
        std::tuple(name, std::string("x"), type)}) {
    archive_entry* entry = archive_entry_new();
    archive_entry_set_pathname(entry, entry_name.c_str());
    archive_entry_set_filetype(entry, entry_type);
    if (entry_type == AE_IFLNK) archive_entry_set_symlink(entry, "/etc/passwd");
    archive_entry_set_perm(entry, 0600);
    archive_entry_set_size(entry, entry_type == AE_IFREG ? text.size() : 0);
    archive_write_header(tar, entry);
    if (entry_type == AE_IFREG) archive_write_data(tar, text.data(), text.size());
    archive_entry_free(entry);
  }
  archive_write_close(tar);
  archive_write_free(tar);
  return ReadText(file);
}

TEST_F(BackupFileTest, NothingIsWrittenOutsideTheFolder) {
  for (const auto& [name, type] : std::map<std::string, unsigned>{{"db/../../out", AE_IFREG},
                                                                  {"/tmp/out", AE_IFREG},
                                                                  {"db/sub/out", AE_IFREG},
                                                                  {"db/.out", AE_IFREG},
                                                                  {"db/", AE_IFDIR},
                                                                  {"db/link", AE_IFLNK}}) {
    Files unpacked;
    const std::string bytes = WithEntry(path("bad.tar"), HeaderJson(header_), name, type);
    EXPECT_FALSE(Unpack(bytes, &unpacked).ok()) << name;
    EXPECT_TRUE(unpacked.empty()) << name;
    EXPECT_FALSE(fs::exists(path("out"))) << name;
  }
}

TEST_F(BackupFileTest, AFullDiskIsSaid) {
  const int full = open("/dev/full", O_WRONLY);
  ASSERT_GE(full, 0);
  const absl::Status status = WriteBackup(path("checkpoint"), header_, full);
  close(full);
  EXPECT_TRUE(absl::IsResourceExhausted(status)) << status;
}

}  // namespace
}  // namespace retainer::backup
