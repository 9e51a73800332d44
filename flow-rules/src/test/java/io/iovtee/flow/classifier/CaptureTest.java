// SPDX-License-Identifier: Apache-2.0
package io.iovtee.flow.classifier;

import static io.iovtee.flow.classifier.HeaderParser.CAPTURE_LENGTH_MAX;
import static io.iovtee.flow.classifier.HeaderParser.NEEDS_MORE;
import static io.iovtee.flow.classifier.HeaderParser.OK;
import static io.iovtee.flow.classifier.HeaderParser.RUNT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import java.util.Arrays;
import java.util.HexFormat;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** How many bytes the parser asks for, which it reads, and that it survives all of them. */
final class CaptureTest {
  private static final long SEED = 20_261_123;
  private static final int FRAMES = 1_000_000;
  private static final String MACS = "020000000011 0200000000aa ";
  private static final String IPV6_PAIR =
      "20010db8000000000000000000000001 20010db8000000000000000000000002";

  private static byte[] bytes(String hex) {
    return HexFormat.of().parseHex(hex.replace(" ", ""));
  }

  private static int parse(byte[] frame, int capturedLength, long[] keys) {
    return HeaderParser.parse(frame, 0, capturedLength, frame.length, 7, keys, 0);
  }

  /** The smallest capture with which the frame is parsed. */
  private static int enough(String hex) {
    byte[] frame = bytes(hex);
    long[] keys = new long[FlowKey.WORDS];
    int length = 0;
    while (parse(frame, length, keys) == NEEDS_MORE) {
      length++;
    }
    for (int more = length; more <= frame.length; more++) {
      assertThat(parse(frame, more, keys)).as("captured %d", more).isEqualTo(OK);
    }
    return length;
  }

  @Test
  void noMoreIsAskedForThanIsRead() {
    String udp = "0035 0036 0008 0000";
    String tcp = "0035 0036 00000000 00000000 6002 0000 00000000 00000000";
    String ipv4 = " 0001 0000 40 ";
    String pair = " 0000 0a000001 0a000002 ";
    assertThat(enough(MACS + "88cc" + "00".repeat(80))).isEqualTo(14);
    assertThat(enough(MACS + "8100 0005 88cc" + "00".repeat(80))).isEqualTo(18);
    assertThat(enough(MACS + "0024 aaaa03 000000 88cc" + "00".repeat(30))).isEqualTo(22);
    assertThat(enough(MACS + "0806 0001 0800 06 04" + "00".repeat(60))).isEqualTo(42);
    assertThat(enough(MACS + "0800 4500 001c" + ipv4 + "11" + pair + udp)).isEqualTo(38);
    assertThat(enough(MACS + "0800 4500 001c" + ipv4 + "01" + pair + udp)).isEqualTo(36);
    assertThat(enough(MACS + "0800 4500 002c" + ipv4 + "06" + pair + tcp)).isEqualTo(48);
    assertThat(enough(MACS + "8100 0005 0800 4500 002c" + ipv4 + "06" + pair + tcp)).isEqualTo(52);
    // All options there can be, behind a tag: within what a caller may capture.
    assertThat(
            enough(MACS + "8100 0005 0800 4f00 0054" + ipv4 + "06" + pair + "01".repeat(40) + tcp))
        .isEqualTo(92)
        .isLessThan(CAPTURE_LENGTH_MAX);
    assertThat(enough(MACS + "86dd 60000000 0008 11 40" + IPV6_PAIR + udp)).isEqualTo(58);
    assertThat(enough(MACS + "86dd 60000000 0018 06 40" + IPV6_PAIR + tcp)).isEqualTo(68);
    assertThat(enough(MACS + "86dd 60000000 0010 3c 40" + IPV6_PAIR + "1100 0104 00000000" + udp))
        .isEqualTo(66);
    // A later fragment has nothing behind its header to look at.
    assertThat(enough(MACS + "0800 4500 001c 0001 0001 40 11" + pair + udp)).isEqualTo(34);
  }

  @Test
  void atTheMaximumItParsesAsFarAsItCan() {
    // The extension fills what may be captured; UDP begins behind it.
    byte[] frame =
        bytes(
            MACS
                + "86dd 60000000 0060 3c 40"
                + IPV6_PAIR
                + "110a"
                + "00".repeat(86)
                + "0035 0036 0008 0000");
    long[] keys = new long[FlowKey.WORDS];
    assertThat(parse(frame, CAPTURE_LENGTH_MAX - 1, keys)).isEqualTo(NEEDS_MORE);
    assertThat(parse(frame, CAPTURE_LENGTH_MAX, keys)).isEqualTo(OK);
    assertThat(keys[0]).isEqualTo(0x0007_86dd_0000_1100L);
    assertThat(keys[4]).isZero();
    assertThat(keys[8]).isEqualTo(2);
    // A caller that captures more gets more.
    assertThat(parse(frame, frame.length, keys)).isEqualTo(OK);
    assertThat(keys[4]).isEqualTo(0x0035_0036_0000_0000L);
  }

  @Test
  void aCaptureBeyondTheFrameIsNotPartOfIt() {
    byte[] buffer =
        bytes(
            MACS
                + "0800 4500 001c 0001 0000 40 11 0000 0a000001 0a000002 0035 0036 0008 0000"
                + "ff".repeat(86));
    long[] keys = new long[FlowKey.WORDS];
    for (int frameLength = 0; frameLength < 42; frameLength++) {
      int status = HeaderParser.parse(buffer, 0, 128, frameLength, 7, keys, 0);
      assertThat(status).isEqualTo(frameLength < 14 ? RUNT : OK);
      assertThat(keys[3] | keys[4]).as("frame length %d", frameLength).isZero();
    }
    assertThat(HeaderParser.parse(buffer, 0, 128, 42, 7, keys, 0)).isEqualTo(OK);
    assertThat(keys[4]).isEqualTo(0x0035_0036_0000_0000L);
  }

  /**
   * One million frames, good and broken. Two copies that differ in every byte outside the capture
   * must give the same; a capture that was enough must give what the whole frame gives.
   */
  @Test
  void nothingOutsideTheCaptureIsRead() {
    SplittableRandom random = new SplittableRandom(SEED);
    byte[] left = new byte[600];
    byte[] right = new byte[600];
    long[] leftKeys = new long[2 * FlowKey.WORDS];
    long[] rightKeys = new long[2 * FlowKey.WORDS];
    long[] wholeKeys = new long[2 * FlowKey.WORDS];
    int[] counts = new int[3];
    for (int i = 0; i < FRAMES; i++) {
      byte[] frame = i % 10 == 0 ? noise(random) : Frames.random(random);
      int offset = random.nextInt(80);
      int captured = Math.min(frame.length, random.nextInt(CAPTURE_LENGTH_MAX + 20));
      random.nextBytes(left);
      for (int b = 0; b < right.length; b++) {
        right[b] = (byte) ~left[b];
      }
      System.arraycopy(frame, 0, left, offset, captured);
      System.arraycopy(frame, 0, right, offset, captured);
      int status =
          HeaderParser.parse(left, offset, captured, frame.length, i & 0xffff, leftKeys, 3);
      int again =
          HeaderParser.parse(right, offset, captured, frame.length, i & 0xffff, rightKeys, 3);
      counts[status]++;
      if (status != again
          || (status != NEEDS_MORE && !SaidWords.areEqual(leftKeys, rightKeys, 3))) {
        fail(at(i, frame, captured) + " reads outside of its capture");
      }
      int whole =
          HeaderParser.parse(frame, 0, frame.length, frame.length, i & 0xffff, wholeKeys, 3);
      if (whole == NEEDS_MORE || (status == NEEDS_MORE && captured >= CAPTURE_LENGTH_MAX)) {
        fail(at(i, frame, captured) + " asks for more than there is");
      }
      if (status == OK
          && captured < CAPTURE_LENGTH_MAX
          && !SaidWords.areEqual(leftKeys, wholeKeys, 3)) {
        fail(at(i, frame, captured) + " is content with too little");
      }
    }
    assertThat(counts[OK]).isGreaterThan(FRAMES / 4);
    assertThat(counts[NEEDS_MORE]).isGreaterThan(FRAMES / 10);
    assertThat(counts[RUNT]).isGreaterThan(FRAMES / 1000);
  }

  /** The straight path and the general one must agree wherever the first one takes a frame. */
  @Test
  void bothPathsComeToTheSameKey() {
    SplittableRandom random = new SplittableRandom(SEED + 1);
    long[] keys = new long[FlowKey.WORDS];
    long[] generalKeys = new long[FlowKey.WORDS];
    for (int i = 0; i < FRAMES / 2; i++) {
      byte[] frame = Frames.random(random);
      Arrays.fill(keys, i);
      Arrays.fill(generalKeys, i);
      int status = HeaderParser.parse(frame, 0, frame.length, frame.length, 9, keys, 0);
      int general =
          HeaderParser.parseAny(frame, 0, frame.length, frame.length, 1, 9, generalKeys, 0);
      if (status != general || !SaidWords.areEqual(keys, generalKeys, 0)) {
        fail(at(i, frame, frame.length) + " has two keys");
      }
    }
  }

  private static byte[] noise(SplittableRandom random) {
    byte[] frame = new byte[random.nextInt(200)];
    random.nextBytes(frame);
    return frame;
  }

  private static String at(int frame, byte[] bytes, int captured) {
    return "seed %d, frame %d, captured %d of %d: %s"
        .formatted(SEED, frame, captured, bytes.length, HexFormat.of().formatHex(bytes));
  }
}
