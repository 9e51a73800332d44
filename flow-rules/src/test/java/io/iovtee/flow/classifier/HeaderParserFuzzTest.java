// SPDX-License-Identifier: Apache-2.0
package io.iovtee.flow.classifier;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import io.iovtee.flow.MatchField;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/**
 * Frames at random, most of them nearly right: the parser throws nothing, reads nothing outside the
 * captured bytes, and finds what {@link ReferenceParser} finds. {@code -Diovtee.fuzz.frames=N} for
 * a longer run, {@code -Diovtee.fuzz.seed} for another one.
 */
final class HeaderParserFuzzTest {
  private static final long FRAMES = Long.getLong("iovtee.fuzz.frames", 1_000_000);
  private static final long SEED = Long.getLong("iovtee.fuzz.seed", 20_261_123);

  private static final int[] TYPES = {
    0x0800, 0x0800, 0x0800, 0x86dd, 0x86dd, 0x86dd, 0x0806, 0x8035, 0x8100, 0x88a8, 0x88cc, 0x05ff
  };
  private static final int[] PROTOCOLS = {1, 6, 6, 17, 17, 58, 132, 0, 43, 44, 51, 60, 59};
  private static final int MARGIN = 16;

  private final SplittableRandom random = new SplittableRandom(SEED);
  private final byte[] frame = new byte[300];
  private int length;
  private int vlanLimit;

  @Test
  void agreesWithTheReference() {
    long withPorts = 0;
    for (long i = 0; i < FRAMES; i++) {
      make();
      withPorts += check(i) ? 1 : 0;
    }
    System.out.printf("fuzz: %d frames, %d with ports, seed %d%n", FRAMES, withPorts, SEED);
    assertThat(withPorts).isGreaterThan(FRAMES / 10);
  }

  // ---- frames --------------------------------------------------------------------------------

  private void put(int value, int bytes) {
    for (int i = bytes - 1; i >= 0; i--) {
      frame[length++] = (byte) (value >>> (8 * i));
    }
  }

  private void noise(int bytes) {
    for (int i = 0; i < bytes; i++) {
      frame[length++] = (byte) random.nextInt();
    }
  }

  private void make() {
    length = 0;
    vlanLimit = 1 + random.nextInt(HeaderParser.VLAN_LIMIT_MAX);
    noise(12);
    for (int tags = random.nextInt(6) - 3; tags > 0; tags--) {
      put(random.nextBoolean() ? 0x8100 : 0x88a8, 2);
      noise(2);
    }
    int type = TYPES[random.nextInt(TYPES.length)];
    if (random.nextInt(12) == 0) {
      put(random.nextInt(0x600), 2);
      put(0xaaaa0300, 4);
      put(random.nextInt(8) == 0 ? random.nextInt(256) : 0, 2);
    }
    put(type, 2);
    switch (type) {
      case 0x0800 -> ipv4();
      case 0x86dd -> ipv6();
      case 0x0806, 0x8035 -> arp();
      default -> noise(random.nextInt(40));
    }
    spoil();
  }

  /** Cuts, pads or changes a few bytes. */
  private void spoil() {
    switch (random.nextInt(6)) {
      case 0 -> length = random.nextInt(length + 1);
      case 1 -> noise(random.nextInt(30));
      case 2 -> {
        for (int changes = random.nextInt(4); changes >= 0; changes--) {
          frame[random.nextInt(length)] = (byte) random.nextInt();
        }
      }
      case 3 -> frame[random.nextInt(length)] ^= (byte) (1 << random.nextInt(8));
      default -> {}
    }
  }

  private void arp() {
    put(0x00010800, 4);
    put(0x0604, 2);
    noise(22);
  }

  private void ipv4() {
    int options = random.nextInt(3) == 0 ? random.nextInt(11) : 0;
    int protocol = PROTOCOLS[random.nextInt(PROTOCOLS.length)];
    int payload = payloadLength();
    put(0x45 + options, 1);
    noise(1);
    put(20 + 4 * options + payload, 2);
    noise(2);
    put(random.nextInt(4) == 0 ? random.nextInt(1 << 16) : 0, 2);
    noise(1);
    put(protocol, 1);
    noise(10 + 4 * options);
    transport(protocol, payload);
  }

  private int payloadLength() {
    return random.nextInt(4) == 0 ? random.nextInt(24) : 20 + random.nextInt(60);
  }

  private void ipv6() {
    int start = length;
    put(6 << 28 | random.nextInt(1 << 28), 4);
    put(0, 2);
    int next = PROTOCOLS[random.nextInt(PROTOCOLS.length)];
    put(next, 1);
    noise(33);
    for (int headers = 0; isExtension(next) && headers < 10; headers++) {
      int following = PROTOCOLS[random.nextInt(PROTOCOLS.length)];
      int words = next != 44 && random.nextInt(4) == 0 ? random.nextInt(3) : 0;
      put(following, 1);
      put(next == 51 ? 2 * words : words, 1); // 51 counts words of 4 bytes, less two
      put(random.nextInt(2) == 0 ? 0 : random.nextInt(1 << 16), 2);
      noise(4 + 8 * words);
      next = following;
    }
    transport(next, payloadLength());
    int total = length - start - 40;
    frame[start + 4] = (byte) (total >>> 8);
    frame[start + 5] = (byte) total;
  }

  private static boolean isExtension(int protocol) {
    return protocol == 0 || protocol == 43 || protocol == 44 || protocol == 51 || protocol == 60;
  }

  private void transport(int protocol, int payload) {
    int start = length;
    noise(payload);
    if (protocol == 6 && payload >= 20 && random.nextInt(6) != 0) {
      frame[start + 12] = (byte) ((5 + random.nextInt(4)) << 4);
    }
    if (protocol == 58 && payload >= 8 && random.nextInt(4) != 0) {
      neighbour(start, start + payload);
    }
  }

  /** A neighbour message, whose options are mostly link-layer addresses and often too many. */
  private void neighbour(int start, int end) {
    frame[start] = (byte) (135 + random.nextInt(2));
    frame[start + 1] = (byte) (random.nextInt(8) == 0 ? 1 : 0);
    for (int option = start + 24; option + 2 <= end; ) {
      int words = random.nextInt(8) == 0 ? random.nextInt(4) : 1;
      frame[option] = (byte) random.nextInt(4);
      frame[option + 1] = (byte) words;
      if (random.nextInt(8) == 0) {
        Arrays.fill(frame, option + 2, Math.max(option + 2, Math.min(end, option + 8)), (byte) 0);
      }
      option += Math.max(words, 1) * 8;
    }
  }

  // ---- what is found -------------------------------------------------------------------------

  private long[] parse(int captured, byte fill) {
    int have = Math.min(captured, length);
    byte[] headers = new byte[MARGIN + have + MARGIN];
    Arrays.fill(headers, fill);
    System.arraycopy(frame, 0, headers, MARGIN, have);
    long[] key = new long[FlowKey.WORDS];
    int status = HeaderParser.parse(headers, MARGIN, have, length, vlanLimit, 7, key, 0);
    if (status == HeaderParser.NEEDS_MORE) {
      if (have >= HeaderParser.CAPTURE_LENGTH_MAX || have == length) {
        fail("asks for more than there is: %s", text());
      }
      return parse(HeaderParser.CAPTURE_LENGTH_MAX, fill);
    }
    return key;
  }

  /** Whether ports were found. */
  private boolean check(long i) {
    long[] key = parse(HeaderParser.CAPTURE_LENGTH_MIN, (byte) 0);
    if (!Arrays.equals(key, parse(HeaderParser.CAPTURE_LENGTH_MIN, (byte) 0xff))) {
      fail("seed %d, frame %d: depends on bytes that are not the frame's: %s", SEED, i, text());
    }
    ReferenceParser reference = new ReferenceParser(Arrays.copyOf(frame, length), vlanLimit);
    long[] expected = new long[FlowKey.WORDS];
    expected[0] = 7L << FlowKey.IN_PORT_SHIFT;
    for (MatchField field : MatchField.values()) {
      if (field.isWide()) {
        expected[field.word()] |= reference.upperHalf(field);
        expected[field.word() + 1] |= reference.value(field);
      } else {
        expected[field.word()] |= reference.value(field) << field.shift();
      }
    }
    if (!Arrays.equals(key, expected)) {
      fail(
          "seed %d, frame %d: %s%n  found    %s%n  expected %s",
          SEED, i, text(), Arrays.toString(key), Arrays.toString(expected));
    }
    return key[FlowKey.TRANSPORT_WORD] >>> FlowKey.TP_DST_SHIFT != 0;
  }

  private String text() {
    return HexFormat.of().formatHex(frame, 0, length);
  }
}
