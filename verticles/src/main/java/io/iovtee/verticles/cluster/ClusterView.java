// SPDX-License-Identifier: Apache-2.0
package io.iovtee.verticles.cluster;

import java.util.List;

/**
 * The cluster as one member sees it.
 *
 * @param self this member's name
 * @param members those that are there, the oldest first, then those that are gone
 * @param listed how many are configured
 * @param live how many are there, this one, too
 * @param quorum how many it takes to change the rules
 * @param state whether this member is with a majority
 * @param sinceMs since when it is in that state, milliseconds since 1970
 * @param problem what is wrong; empty if nothing
 */
public record ClusterView(
    String name,
    String self,
    List<Row> members,
    int listed,
    int live,
    int quorum,
    State state,
    long sinceMs,
    String problem,
    DesiredRules rules) {

  /** Copies the list. */
  public ClusterView {
    members = List.copyOf(members);
  }

  /** What this member may do. */
  public enum State {
    /** Not with the others yet: it works by the rules that it had. */
    STARTING,
    /** Rules can be changed. */
    MAJORITY,
    /** Works by the rules that it has, and changes none. */
    MINORITY
  }

  /**
   * A member.
   *
   * @param address where it listens for other members
   * @param live false for one that is gone
   * @param sinceMs since when it is there or gone, as this member saw it, milliseconds since 1970
   * @param status what it told last
   */
  public record Row(
      String name,
      String address,
      boolean self,
      boolean live,
      boolean oldest,
      long sinceMs,
      MemberStatus status) {}
}
