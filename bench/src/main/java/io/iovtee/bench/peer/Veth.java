// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.peer;

/**
 * A veth pair in a namespace: what one end sends, the other receives. Both ends are up. Goes away
 * with its namespace.
 *
 * @param namespace where both ends are
 * @param near the switch's end
 * @param far the end of the world outside
 * @param queues receive and transmit queues of each end
 */
public record Veth(NetworkNamespace namespace, String near, String far, int queues) {

  /** Makes a pair. */
  public static Veth create(NetworkNamespace namespace, String near, String far, int queues) {
    String count = Integer.toString(queues);
    namespace.ip(
        "link",
        "add",
        near,
        "numrxqueues",
        count,
        "numtxqueues",
        count,
        "type",
        "veth",
        "peer",
        "name",
        far,
        "numrxqueues",
        count,
        "numtxqueues",
        count);
    for (String end : new String[] {near, far}) {
      namespace.ip("link", "set", end, "up");
    }
    return new Veth(namespace, near, far, queues);
  }

  /** Sets the MTU of both ends. */
  public void mtu(int bytes) {
    namespace.ip("link", "set", near, "mtu", Integer.toString(bytes));
    namespace.ip("link", "set", far, "mtu", Integer.toString(bytes));
  }
}
