// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.nic.soft;

/**
 * Which bytes of the window belong to a buffer that is with the NIC: one bit per 64 bytes, a cache
 * line, so that a buffer posted twice or overlapping another one is found by looking at one or two
 * words. Two buffers that share a cache line count as overlapping. In windows of more than 32 GiB
 * the lines are longer, so that the map stays below 64 MiB. One thread.
 */
final class OutstandingMap {
  /** Shortest line: 64 bytes. */
  private static final int LINE_SHIFT_MIN = 6;

  /** Words of the map: 64 MiB. */
  private static final int WORDS_MAX = 8 << 20;

  /** A buffer's bits must fit two words. */
  static final int SPAN_MAX = 63 << LINE_SHIFT_MIN;

  private final int span;
  private final int lineShift;
  private final long[] words;

  /**
   * @param span bytes of each buffer, 1..{@link #SPAN_MAX}
   * @param windowSpan bytes of the window
   */
  OutstandingMap(int span, long windowSpan) {
    if (span < 1 || span > SPAN_MAX) {
      throw new IllegalArgumentException("buffer span must be 1..%d: %d".formatted(SPAN_MAX, span));
    }
    this.span = span;
    int shift = LINE_SHIFT_MIN;
    while (windowSpan >>> (shift + 6) >= WORDS_MAX) {
      shift++;
    }
    lineShift = shift;
    words = new long[(int) (windowSpan >>> (shift + 6)) + 1];
  }

  /**
   * Marks a buffer that lies in the window and starts at {@code position}; false, and nothing
   * marked, if it overlaps another one.
   */
  boolean mark(long position) {
    long line = position >>> lineShift;
    long last = (position + span - 1) >>> lineShift;
    int word = (int) (line >>> 6);
    int lastWord = (int) (last >>> 6);
    long first = words[word];
    // Shifts count modulo 64: "from this line on" and "up to this line".
    long low = -1L << line;
    long high = -1L >>> ~last;
    if (word == lastWord) {
      if ((first & low & high) != 0) {
        return false;
      }
      words[word] = first | (low & high);
      return true;
    }
    long second = words[lastWord];
    if (((first & low) | (second & high)) != 0) {
      return false;
    }
    words[word] = first | low;
    words[lastWord] = second | high;
    return true;
  }

  /** Clears a buffer that was marked. */
  void clear(long position) {
    long line = position >>> lineShift;
    long last = (position + span - 1) >>> lineShift;
    int word = (int) (line >>> 6);
    int lastWord = (int) (last >>> 6);
    long low = -1L << line;
    long high = -1L >>> ~last;
    if (word == lastWord) {
      words[word] &= ~(low & high);
    } else {
      words[word] &= ~low;
      words[lastWord] &= ~high;
    }
  }
}
