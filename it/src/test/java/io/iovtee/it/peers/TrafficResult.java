// SPDX-License-Identifier: Apache-2.0
package io.iovtee.it.peers;

/**
 * What became of the frames of one run.
 *
 * @param sent frames that the wire took
 * @param received frames that came back, whatever they held
 * @param lost frames sent that never came back
 * @param duplicated further copies of frames that had come back already
 * @param reordered frames that came back after one of the same flow with a higher number
 * @param corrupted frames whose checksum or length is wrong
 * @param foreign intact frames with a number that was never sent
 */
public record TrafficResult(
    long sent,
    long received,
    long lost,
    long duplicated,
    long reordered,
    long corrupted,
    long foreign) {

  /** Each frame came back once, unchanged, in order within its flow. */
  public boolean perfect() {
    return lost == 0 && flawless();
  }

  /** What came back, came back once, unchanged, in order within its flow; frames may be missing. */
  public boolean flawless() {
    return duplicated == 0 && reordered == 0 && corrupted == 0 && foreign == 0;
  }
}
