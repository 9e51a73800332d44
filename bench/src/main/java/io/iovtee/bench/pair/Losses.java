// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.pair;

/**
 * What became of the frames that one subject was offered, where it is known.
 *
 * @param offered frames; 0 in a closed loop, which offers the same ones again and again
 * @param lost of these, frames that did not come to the network function and, in a closed loop,
 *     back
 * @param lostInSwitch of these, frames that the switch had received; 0 where nobody can tell
 */
record Losses(long offered, long lost, long lostInSwitch) {
  static final Losses NONE = new Losses(0, 0, 0);

  /** Of frames that go round. */
  static Losses inLoop(int lost) {
    return new Losses(0, lost, 0);
  }

  /** From what generator, switch and sink counted while nothing was under way. */
  static Losses of(long sent, long switched, long received) {
    return new Losses(sent, sent - received, switched - received);
  }

  Losses plus(Losses other) {
    return new Losses(
        offered + other.offered, lost + other.lost, lostInSwitch + other.lostInSwitch);
  }

  /** Percent of the offered frames that did not get into the switch. */
  double beforeSwitchPercent() {
    return percent(lost - lostInSwitch);
  }

  /** Percent of the offered frames that the switch received and did not deliver. */
  double inSwitchPercent() {
    return percent(lostInSwitch);
  }

  private double percent(long frames) {
    return offered == 0 ? Double.NaN : 100.0 * frames / offered;
  }
}
