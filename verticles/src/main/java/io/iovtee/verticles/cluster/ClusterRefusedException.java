// SPDX-License-Identifier: Apache-2.0
package io.iovtee.verticles.cluster;

import io.iovtee.verticles.bus.Refusal;

/** The cluster's rules are not changed, with what to do about it. */
final class ClusterRefusedException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final Refusal refusal;

  ClusterRefusedException(Refusal refusal, String message) {
    super(message, null, false, false);
    this.refusal = refusal;
  }

  Refusal refusal() {
    return refusal;
  }
}
