// SPDX-License-Identifier: Apache-2.0
/**
 * Split virtqueues (virtio 1.2, 2.7) and the network device's header (5.1.6).
 *
 * <p>Device side, for the switch: {@code SplitVirtqueue} with its two kinds, {@code
 * ReceiveVirtqueue} (the guest receives, we write) and {@code TransmitVirtqueue} (the guest sends,
 * we read). The driver is an adversary: each shared field is read once into a local, the local is
 * checked and used. Breaking the ring's accounting ends the virtqueue ({@code RingFault}); a
 * malformed chain costs the driver that chain ({@code ChainFault}).
 *
 * <p>Driver side, for the sample network function and the tests: {@code DriverVirtqueue}, {@code
 * DriverReceiver}.
 *
 * <p>May depend on {@code linux} (raw memory), {@code memory} (a guest's regions) and the plugin
 * interface; knows neither vhost-user nor any NIC. Each object belongs to one thread: the device
 * side to the poll thread that owns the virtqueue; only counters and the broken flag are read by
 * others.
 */
@NullMarked
package io.iovtee.vswitch.virtio;

import org.jspecify.annotations.NullMarked;
