// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench;

import java.util.List;
import java.util.function.ToDoubleFunction;

/**
 * What one subject did in one scenario with one frame size.
 *
 * @param windows accepted windows, one per round
 * @param rejected windows in which a polling thread lost its core
 */
record Result(
    Scenario scenario, int frameBytes, Subject subject, List<Window> windows, int rejected) {
  Result {
    windows = List.copyOf(windows);
  }

  /** Over all windows. */
  Series series(ToDoubleFunction<Window> reading) {
    return Series.of(windows.stream().mapToDouble(reading).toArray());
  }

  Series mpps() {
    return series(Window::mpps);
  }
}
