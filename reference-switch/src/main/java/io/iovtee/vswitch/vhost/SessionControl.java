// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.vhost;

/**
 * What the data path may tell a session. Any thread, poll threads included: nothing here blocks,
 * the session thread does the work. Calls after the session's end do nothing.
 */
public interface SessionControl {
  /**
   * The guest's memory faulted, or the port is going away: end the connection. The session answers
   * with {@link GuestPortBackend#disconnected}.
   *
   * @param reason for people
   */
  void disconnect(String reason);

  /**
   * The driver broke a rule of its ring, which does nothing from now on until it is stopped and
   * started anew. The session signals the front-end's error descriptor and shows the reason.
   */
  void ringBroken(int vring, String reason);
}
