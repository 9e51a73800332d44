// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.pair;

/**
 * One accepted window.
 *
 * @param mpps million frames per second that the NF received and, in PVP, sent back
 * @param receivedMpps the NF's received frames, by its own counters and clock
 * @param sentMpps the NF's sent frames; those of the generator that is one with the NF
 * @param cyclesPerPacket busy TSC ticks of the switch's core per received frame, times the
 *     scenario's receptions; emulated NIC included
 * @param cyclesPerPacketWithoutNic the same without the emulated NIC; NaN if unknown
 * @param functionCyclesPerPacket TSC ticks of the NF's core in turns that found frames, per frame:
 *     at so many per frame the NF has no time left for more
 * @param allocatedPerPacket heap bytes that the poll thread allocated per received frame
 * @param copiedPerPacket bytes copied per frame from the NIC to the NF; NaN if unknown
 * @param switchShare share of its core that the switch's poll thread got
 * @param functionShare the same of the NF
 * @param kernelShare share of the switch's core that the kernel spent, interrupts included; part of
 *     the switch's own share
 * @param roundTripNs of a cache line between the two cores, the longer of before and after
 */
record Window(
    double mpps,
    double receivedMpps,
    double sentMpps,
    double cyclesPerPacket,
    double cyclesPerPacketWithoutNic,
    double functionCyclesPerPacket,
    double allocatedPerPacket,
    double copiedPerPacket,
    double switchShare,
    double functionShare,
    double kernelShare,
    double roundTripNs) {}
