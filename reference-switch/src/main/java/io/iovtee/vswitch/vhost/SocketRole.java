// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.vhost;

/** Which end of a vhost-user socket listens; independent of which end is the back-end. */
public enum SocketRole {
  /** We listen, the peer connects. */
  SERVER,
  /** We connect, and connect again after the peer went away. */
  CLIENT
}
