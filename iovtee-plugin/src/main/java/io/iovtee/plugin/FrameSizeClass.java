// SPDX-License-Identifier: Apache-2.0
package io.iovtee.plugin;

/**
 * Lengths of frames that one verdict holds for. What copying costs grows with the length, what
 * write-through costs does not, so the better way depends on it. A queue's class is that of its
 * frames' mean length: the switch counts frames and bytes anyway, and nothing more per frame.
 *
 * <p>The borders lie between the sizes that switches are usually measured with (64, 256, 512, 1024,
 * 1514), so that each of them has a class of its own.
 */
enum FrameSizeClass {
  TINY(0, 127),
  SMALL(128, 383),
  MEDIUM(384, 767),
  LARGE(768, 1279),
  FULL(1280, 65_535);

  private final int shortest;
  private final int longest;

  FrameSizeClass(int shortest, int longest) {
    this.shortest = shortest;
    this.longest = longest;
  }

  /**
   * The class of a mean length.
   *
   * @param meanLength bytes per frame, without FCS
   */
  static FrameSizeClass of(double meanLength) {
    for (FrameSizeClass one : values()) {
      if (meanLength < one.longest + 1.0) {
        return one;
      }
    }
    return FULL;
  }

  /** The lengths for people, in bytes: {@code 128-383 B}. */
  String label() {
    return this == FULL ? "from " + shortest + " B" : shortest + "-" + longest + " B";
  }
}
