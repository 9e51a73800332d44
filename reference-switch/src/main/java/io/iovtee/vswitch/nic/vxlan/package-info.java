// SPDX-License-Identifier: Apache-2.0

/**
 * VXLAN tunnels over UDP (RFC 7348), type {@code vxlan}: point to point, by local address, remote
 * address and VNI.
 *
 * <p>A {@code VxlanSocket} is one UDP socket with Netty's epoll transport (recvmmsg, sendmmsg) and
 * the one thread that reads and writes it; several ports may share it. Between that thread and the
 * poll loops stand bounded rings with one producer and one consumer each, which a {@code
 * VxlanTunnel} holds: {@code BufferRing} with chunks of the host pool towards the switch, a {@code
 * FrameRing} for each loop towards the socket. A full ring costs the frame, and it is counted;
 * neither side waits. All of Netty stays inside this package.
 *
 * @see <a href="https://www.rfc-editor.org/rfc/rfc7348">RFC 7348</a>
 */
@NullMarked
package io.iovtee.vswitch.nic.vxlan;

import org.jspecify.annotations.NullMarked;
