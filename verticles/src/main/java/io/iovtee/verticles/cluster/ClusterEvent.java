// SPDX-License-Identifier: Apache-2.0
package io.iovtee.verticles.cluster;

/**
 * Something happened in the cluster, published at {@link
 * io.iovtee.verticles.bus.Addresses#CLUSTER_EVENTS}.
 *
 * @param member whom it is about
 * @param text for people
 */
public record ClusterEvent(Kind kind, String member, String text) {
  /** What happened. */
  public enum Kind {
    JOINED("member_joined"),
    GONE("member_gone"),
    MAJORITY_LOST("majority_lost"),
    MAJORITY_BACK("majority_back"),
    RULES("rules"),
    APPLY_FAILED("apply_failed");

    private final String label;

    Kind(String label) {
      this.label = label;
    }

    /** As the API says it. */
    public String label() {
      return label;
    }
  }
}
