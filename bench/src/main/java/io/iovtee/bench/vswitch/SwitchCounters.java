// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.vswitch;

/**
 * What a switch has done since some moment of its own; only differences mean something.
 *
 * @param receivedFrames frames that the switch took from its inputs, dropped ones included
 * @param busyCycles TSC ticks of the poll thread in turns that found frames, the emulated NIC
 *     included
 * @param nicCycles TSC ticks of those that went into the emulated NIC; NaN if the switch does not
 *     tell them apart
 * @param allocatedBytes heap bytes that the poll thread allocated; 0 for a switch without a heap
 * @param copiedBytes bytes that the switch copied for frames from the NIC; NaN if it does not count
 */
public record SwitchCounters(
    double receivedFrames,
    double busyCycles,
    double nicCycles,
    double allocatedBytes,
    double copiedBytes) {

  /** What was done since an earlier reading. */
  public SwitchCounters minus(SwitchCounters earlier) {
    return new SwitchCounters(
        receivedFrames - earlier.receivedFrames,
        busyCycles - earlier.busyCycles,
        nicCycles - earlier.nicCycles,
        allocatedBytes - earlier.allocatedBytes,
        copiedBytes - earlier.copiedBytes);
  }
}
