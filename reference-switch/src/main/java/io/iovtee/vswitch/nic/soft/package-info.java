// SPDX-License-Identifier: Apache-2.0
/**
 * The emulated NIC, type {@code soft}: descriptor rings, a DMA engine behind a window check, RSS
 * and exact-match steering, traffic sources and an emulated wire. It behaves as hardware does (the
 * driver posts addresses, the engine fills them in order) and says everywhere that it is emulated.
 *
 * <p>Start reading at {@link io.iovtee.vswitch.nic.soft.SoftNic}; a received frame's way is {@code
 * TrafficSource} → {@code RxRing} → {@link io.iovtee.vswitch.nic.soft.SoftRxQueue#poll}.
 *
 * <p>Depends on {@code linux.AddressSpace}, {@code memory}, {@code nic.pcap} and the interfaces of
 * {@code datapath}. Threads: the driver side of each queue runs on the poll thread that owns the
 * queue; the engine side on the port's DMA thread ({@code dma: thread}) or on the poll threads
 * ({@code dma: inline}), in both cases under the engine's own try-lock; set-up, steering and rebind
 * on the control thread.
 */
@NullMarked
package io.iovtee.vswitch.nic.soft;

import org.jspecify.annotations.NullMarked;
