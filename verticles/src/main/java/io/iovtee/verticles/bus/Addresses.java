// SPDX-License-Identifier: Apache-2.0
package io.iovtee.verticles.bus;

/** All event-bus addresses. Each message type is named with its address. */
public final class Addresses {
  /** Requests: {@code MappingCommand}; answered by the IOVTee verticle. */
  public static final String MAPPING_COMMANDS = "iovtee.mapping.commands";

  /** Events: {@code MappingStatus}, one per transition. */
  public static final String MAPPING_EVENTS = "iovtee.mapping.events";

  /** Requests: {@code FlowCommand}; answered by the flows verticle. */
  public static final String FLOW_COMMANDS = "iovtee.flow.commands";

  /** Requests: {@code GroupCommand}; answered by the groups verticle. */
  public static final String GROUP_COMMANDS = "iovtee.group.commands";

  /** Events: the rule table's new version, a {@code Long}. */
  public static final String FLOW_EVENTS = "iovtee.flow.events";

  /** Events: rules that went by themselves, a {@code List<FlowTable.Expired>}. */
  public static final String FLOW_EXPIRED_EVENTS = "iovtee.flow.expired.events";

  /** Events: frames that rules handed over, a {@code List<PuntedFrame>}. */
  public static final String PUNT_EVENTS = "iovtee.punt.events";

  /** Requests: {@code StatsVerticle.Ask}; answered with a {@code StatsReport}. */
  public static final String STATS_REQUESTS = "iovtee.stats.requests";

  /** Events: {@code StatsReport}, one per interval. */
  public static final String STATS_EVENTS = "iovtee.stats.events";

  /** Events: a port appeared, went away or changed; the body is a text that says nothing. */
  public static final String PORT_EVENTS = "iovtee.port.events";

  /** Requests: {@code ClusterCommand}; answered by the cluster verticle, if there is one. */
  public static final String CLUSTER_COMMANDS = "iovtee.cluster.commands";

  /** Events: {@code ClusterEvent}. */
  public static final String CLUSTER_EVENTS = "iovtee.cluster.events";

  private Addresses() {}
}
