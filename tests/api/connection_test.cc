#include "src/api/connection.h"

#include <gtest/gtest.h>

namespace retainer {
namespace {

bool Frames(const std::string& body) {
  ChunkFrames whole;
  const bool framed = whole.Follow(body);
  ChunkFrames bytewise;
  bool same = true;
  for (const char c : body) same = bytewise.Follow({&c, 1});
  EXPECT_EQ(framed, same) << body << ": however it is cut";
  return framed;
}

TEST(ChunkFrames, AreFollowed) {
  EXPECT_TRUE(Frames("0\r\n\r\n"));
  EXPECT_TRUE(Frames("2\r\n{}\r\n0\r\n\r\n"));
  EXPECT_TRUE(Frames("00A\r\n0\r\n\r\n\r\n\r\n1\r\nb;x=\"y\"\r\n01234567890\r\n0\r\n\r\n"));
  EXPECT_TRUE(Frames("2 ; x\r\n{}\r\n0;" + std::string(1000, 'x') + "\r\n\r\n"));
  EXPECT_TRUE(Frames("fffffffffffffff\r\nx")) << "as long as it comes";
}

TEST(ChunkFrames, WhatTwoReadersCouldReadDifferentlyIsNone) {
  for (const char* wrong :
       {"\r\n", ";x\r\n", "0x2\r\n{}\r\n", "+2\r\n{}\r\n", "-2\r\n", " 2\r\n{}\r\n", "2\n{}\r\n",
        "2\r{}\r\n", "2x\r\n{}\r\n", "2;\nx\r\n", "2;\x01\r\n", "1\r\n{}\r\n", "3\r\n{}\r\n0\r\n",
        "2\r\n{}0\r\n\r\n", "0\r\nX: y\r\n\r\n", "0\r\n\r\nX", "1000000000000000\r\n"}) {
    EXPECT_FALSE(Frames(wrong)) << wrong;
  }
  EXPECT_FALSE(Frames("2;" + std::string(1100, 'x'))) << "its lines end";
  ChunkFrames frames;
  EXPECT_FALSE(frames.Follow("x"));
  EXPECT_FALSE(frames.Follow("2\r\n{}\r\n")) << "it does not recover";
}

TEST(ConnectionGate, OneMachinesNetworkIsOneClient) {
  ConnectionGate gate(2);
  EXPECT_TRUE(gate.Enter("2001:db8::1"));
  EXPECT_TRUE(gate.Enter("2001:db8::2"));
  EXPECT_FALSE(gate.Enter("2001:db8::3"));
  EXPECT_TRUE(gate.Enter("2001:db8:0:1::1"));
  EXPECT_TRUE(gate.Enter("10.0.0.1"));
  EXPECT_TRUE(gate.Enter("10.0.0.2"));
  gate.Leave("2001:db8::1");
  EXPECT_TRUE(gate.Enter("2001:db8::4"));
  EXPECT_FALSE(gate.Enter("2001:db8::5"));
}

}  // namespace
}  // namespace retainer
