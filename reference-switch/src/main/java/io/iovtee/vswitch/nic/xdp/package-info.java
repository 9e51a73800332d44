// SPDX-License-Identifier: Apache-2.0

/**
 * NIC queues over AF_XDP, by raw system calls.
 *
 * <p>{@code XdpPort} is an interface with its XDP program; each {@code XdpQueueControl} keeps one
 * socket with its UMEM and four rings, seen by the poll loop as an {@code XdpRxQueue} and an {@code
 * XdpTxQueue}. The rings ({@code FillRing}, {@code RxRing}, {@code TxRing}, {@code CompletionRing})
 * speak libxdp's verbs: reserve and submit, peek and release.
 *
 * <p>The UMEM of a queue is the host pool, or a guest's memory window (which begins with an alias
 * of the host pool). The kernel swallows a bad fill address without a word and accepts a duplicate,
 * so every address is checked here before it reaches the fill ring; and it gives no posted buffer
 * back, so that taking a guest's memory out of a queue means closing the socket, and a successful
 * bind of its successor is the proof that the NIC lets go.
 *
 * <p>Depends on {@code linux}, {@code memory} and the interfaces of {@code datapath}. Rings run on
 * the poll thread of their queue, everything else on control threads; nothing here starts a thread
 * that outlives the call (entering a namespace needs one).
 *
 * @see <a href="https://docs.kernel.org/networking/af_xdp.html">af_xdp</a>
 */
@NullMarked
package io.iovtee.vswitch.nic.xdp;

import org.jspecify.annotations.NullMarked;
