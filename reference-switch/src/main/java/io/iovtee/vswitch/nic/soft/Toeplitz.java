// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.nic.soft;

/**
 * The receive-side-scaling hash (Microsoft, "RSS Hashing Functions"): for each input bit that is
 * set, the 32 bits of the key at that bit's position are added modulo 2. Tabulated by byte position
 * and value, so that one byte costs one load. Immutable.
 */
final class Toeplitz {
  /** Bytes of the longest input: two IPv6 addresses and two ports. */
  static final int INPUT_LENGTH_MAX = 36;

  /** Bytes of a key: the input's length and the 32 bits that slide over it. */
  static final int KEY_LENGTH = INPUT_LENGTH_MAX + 4;

  private static final byte[] STANDARD_KEY = {
    0x6d,
    0x5a,
    0x56,
    (byte) 0xda,
    0x25,
    0x5b,
    0x0e,
    (byte) 0xc2,
    0x41,
    0x67,
    0x25,
    0x3d,
    0x43,
    (byte) 0xa3,
    (byte) 0x8f,
    (byte) 0xb0,
    (byte) 0xd0,
    (byte) 0xca,
    0x2b,
    (byte) 0xcb,
    (byte) 0xae,
    0x7b,
    0x30,
    (byte) 0xb4,
    0x77,
    (byte) 0xcb,
    0x2d,
    (byte) 0xa3,
    (byte) 0x80,
    0x30,
    (byte) 0xf2,
    0x0c,
    0x6a,
    0x42,
    (byte) 0xb7,
    0x3b,
    (byte) 0xbe,
    (byte) 0xac,
    0x01,
    (byte) 0xfa
  };

  private final int[] table = new int[INPUT_LENGTH_MAX * 256];

  /** With the key of Microsoft's verification suite, which most NIC drivers start with. */
  Toeplitz() {
    this(STANDARD_KEY);
  }

  Toeplitz(byte[] key) {
    if (key.length != KEY_LENGTH) {
      throw new IllegalArgumentException(
          "RSS key must be %d bytes: %d".formatted(KEY_LENGTH, key.length));
    }
    for (int position = 0; position < INPUT_LENGTH_MAX; position++) {
      for (int bit = 0; bit < 8; bit++) {
        int window = window(key, position * 8 + bit);
        int set = 0x80 >> bit;
        for (int value = 0; value < 256; value++) {
          if ((value & set) != 0) {
            table[position * 256 + value] ^= window;
          }
        }
      }
    }
  }

  private static int window(byte[] key, int bit) {
    int value = 0;
    for (int i = bit; i < bit + 32; i++) {
      value = value << 1 | (key[i >> 3] >> (7 - (i & 7)) & 1);
    }
    return value;
  }

  /**
   * The share of {@code length} input bytes that stand at {@code position} of the hash input.
   * Shares of disjoint positions are joined by exclusive or.
   */
  int hash(byte[] bytes, int offset, int length, int position) {
    int hash = 0;
    int row = position * 256;
    for (int i = 0; i < length; i++) {
      hash ^= table[row + (bytes[offset + i] & 0xff)];
      row += 256;
    }
    return hash;
  }
}
