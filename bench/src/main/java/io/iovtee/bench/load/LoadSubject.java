// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.load;

import io.iovtee.bench.report.LabelConverter;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A switch between generator and sink. */
enum LoadSubject {
  /** DPDK's testpmd: two net_vhost ports, forward mode io. The peer. */
  TESTPMD("testpmd"),
  /** Our switch without the plugin. */
  COPY("copy"),
  /** Our switch with the plugin and the NIC's queue mapped to the network function. */
  WRITE_THROUGH("write-through");

  private final String label;

  LoadSubject(String label) {
    this.label = label;
  }

  String label() {
    return label;
  }

  /** Who takes part unless the command line names others; the last one sets the rates. */
  static List<LoadSubject> of(LoadPath path) {
    return path == LoadPath.nic ? List.of(WRITE_THROUGH, COPY) : List.of(TESTPMD, COPY);
  }

  /** Why it can not take part in a path; null if it can. */
  @Nullable String obstacle(LoadPath path) {
    if (this == TESTPMD && path == LoadPath.nic) {
      return "testpmd has no NIC that is given its load; with --path nic: write-through, copy";
    }
    if (this == WRITE_THROUGH && path != LoadPath.nic) {
      return "frames between guests are always copied; with --path nic: write-through, copy";
    }
    return null;
  }

  /** For picocli. */
  static final class Converter extends LabelConverter<LoadSubject> {
    Converter() {
      super(List.of(values()), LoadSubject::label);
    }
  }
}
