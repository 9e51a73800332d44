// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.assembly;

import io.iovtee.api.SwitchListener;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Plugins' listeners; one that throws is logged and does not keep the others from hearing. */
final class Listeners {
  private static final Logger LOG = LoggerFactory.getLogger(Listeners.class);

  private final List<SwitchListener> all = new CopyOnWriteArrayList<>();

  void add(SwitchListener listener) {
    all.add(listener);
  }

  /** Tells all. Control thread. */
  void tell(Consumer<SwitchListener> event) {
    for (SwitchListener listener : all) {
      try {
        event.accept(listener);
      } catch (RuntimeException e) {
        LOG.warn("a plugin's listener failed", e);
      }
    }
  }
}
