// SPDX-License-Identifier: Apache-2.0
package io.iovtee.plugin;

/**
 * What a reading must show before mode {@code auto} believes it: configurable, since a machine that
 * shares its cores would never measure anything otherwise.
 *
 * @param framesPerSecondMin below so many frames a second either way costs a loop a hundredth of
 *     its core or less, and the loop clock's own grain (256 duty cycles) shows
 * @param busyShareMin a loop that is busy for less handles each frame as soon as it comes:
 *     whichever way is cheaper nobody can tell, and its batches are too small to say what a full
 *     loop would do
 * @param takenShareMax a core that ran something else for longer says more about that than about
 *     the way
 */
record AutoLimits(double framesPerSecondMin, double busyShareMin, double takenShareMax) {
  static final int FRAMES_PER_SECOND_MIN_DEFAULT = 50_000;
  static final int BUSY_PERCENT_MIN_DEFAULT = 50;
  static final int CORE_TAKEN_PERCENT_MAX_DEFAULT = 2;

  static final AutoLimits DEFAULT =
      ofPercent(
          FRAMES_PER_SECOND_MIN_DEFAULT, BUSY_PERCENT_MIN_DEFAULT, CORE_TAKEN_PERCENT_MAX_DEFAULT);

  static AutoLimits ofPercent(int framesPerSecondMin, int busyMin, int coreTakenMax) {
    return new AutoLimits(framesPerSecondMin, busyMin / 100.0, coreTakenMax / 100.0);
  }
}
