// SPDX-License-Identifier: Apache-2.0
package io.iovtee.api;

import java.util.Map;

/**
 * A port as people see it.
 *
 * @param name unique
 * @param number OpenFlow-style port number, from 1
 * @param type {@code xdp}, {@code soft}, {@code vhost-user}, …
 * @param linkUp whether frames can pass
 * @param linkReason why the link is down, or what carries it when it is up
 * @param rxQueues receive queues (queue pairs for a guest port)
 * @param emulated true for the soft NIC: every output that shows the port must say so
 * @param details type-specific facts, by name: mode wanted and got, features, memory regions, …
 */
public record PortInfo(
    String name,
    int number,
    String type,
    boolean linkUp,
    String linkReason,
    int rxQueues,
    boolean emulated,
    Map<String, Object> details) {}
