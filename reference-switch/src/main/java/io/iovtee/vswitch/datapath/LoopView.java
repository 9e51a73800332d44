// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.datapath;

/**
 * What a loop knew when it was asked.
 *
 * @param loop its name
 * @param cached whether its exact-match cache has the key
 * @param portsUp numbers of the ports that it can send to
 * @param nowS its clock, for the ages in the MAC table
 * @param mirrors the switch's, as it works by them
 */
public record LoopView(String loop, boolean cached, int[] portsUp, int nowS, MirrorTable mirrors) {}
