// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.cli;

import io.iovtee.vswitch.cli.TopRates.PortRate;

/** By what {@code iovtee top} sorts ports. */
enum TopOrder {
  /** As the switch numbers them. */
  port,
  in,
  out,
  drops;

  /** The most comes first. */
  double of(PortRate rate) {
    return switch (this) {
      case port -> 0;
      case in -> rate.inFrames();
      case out -> rate.outFrames();
      case drops -> rate.dropped();
    };
  }
}
