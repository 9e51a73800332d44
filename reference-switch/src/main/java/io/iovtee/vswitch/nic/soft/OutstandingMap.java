// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.nic.soft;

/**
 * Which bytes of the window belong to a buffer that is with the NIC: one bit per 64 bytes, a cache
 * line, so that a buffer posted twice or overlapping another one is found by looking at one or two
 * words. Two buffers that share a cache line count as overlapping.
 *
 * <p>Pages of the bitmap are made when a buffer first falls into them: 8 KiB per 4 MiB of memory in
 * use, never per frame. One thread.
 */
final class OutstandingMap {
  private static final int LINE_SHIFT = 6;
  private static final int PAGE_WORDS = 1024;
  private static final int PAGE_SHIFT = 10;

  /** A buffer's bits must fit two words. */
  static final int SPAN_MAX = 63 << LINE_SHIFT;

  private final int span;
  private final long[][] pages;

  /**
   * @param span bytes of each buffer, at most {@link #SPAN_MAX}
   * @param windowSpan bytes of the window
   */
  OutstandingMap(int span, long windowSpan) {
    if (span < 1 || span > SPAN_MAX) {
      throw new IllegalArgumentException("buffer span must be 1..%d: %d".formatted(SPAN_MAX, span));
    }
    this.span = span;
    // One page more, so that the word behind a buffer's last one always has a place.
    long words = (windowSpan >>> (LINE_SHIFT + 6)) + 2;
    pages = new long[Math.toIntExact((words >>> PAGE_SHIFT) + 1)][];
  }

  /** Marks a buffer that starts at {@code position}; false, and nothing marked, if it overlaps. */
  boolean mark(long position) {
    long line = position >>> LINE_SHIFT;
    int lines = (int) (((position + span - 1) >>> LINE_SHIFT) - line) + 1;
    int word = (int) (line >>> 6);
    int bit = (int) line & 63;
    long bits = (1L << lines) - 1;
    long low = bits << bit;
    long[] page = page(word);
    int index = word & (PAGE_WORDS - 1);
    if (bit + lines <= 64) {
      if ((page[index] & low) != 0) {
        return false;
      }
      page[index] |= low;
      return true;
    }
    long high = bits >>> (64 - bit);
    long[] nextPage = page(word + 1);
    int nextIndex = (word + 1) & (PAGE_WORDS - 1);
    if (((page[index] & low) | (nextPage[nextIndex] & high)) != 0) {
      return false;
    }
    page[index] |= low;
    nextPage[nextIndex] |= high;
    return true;
  }

  /** Clears a buffer that was marked. */
  void clear(long position) {
    long line = position >>> LINE_SHIFT;
    int lines = (int) (((position + span - 1) >>> LINE_SHIFT) - line) + 1;
    int word = (int) (line >>> 6);
    int bit = (int) line & 63;
    long bits = (1L << lines) - 1;
    page(word)[word & (PAGE_WORDS - 1)] &= ~(bits << bit);
    if (bit + lines > 64) {
      page(word + 1)[(word + 1) & (PAGE_WORDS - 1)] &= ~(bits >>> (64 - bit));
    }
  }

  private long[] page(int word) {
    long[] page = pages[word >>> PAGE_SHIFT];
    return page != null ? page : makePage(word >>> PAGE_SHIFT);
  }

  private long[] makePage(int index) {
    long[] page = new long[PAGE_WORDS];
    pages[index] = page;
    return page;
  }
}
