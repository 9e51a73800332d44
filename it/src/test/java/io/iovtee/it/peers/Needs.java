// SPDX-License-Identifier: Apache-2.0
package io.iovtee.it.peers;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Assumptions;

/**
 * What a test needs of the machine. Where something is missing the test is skipped, with the reason
 * and the command that mends it; with CI=true it fails, because there nobody reads skipped tests.
 */
public final class Needs {
  private Needs() {}

  /**
   * Goes on only if nothing is missing.
   *
   * @param missing each null, or what is missing
   */
  public static void present(@Nullable String... missing) {
    for (String what : missing) {
      if (what == null) {
        continue;
      }
      if ("true".equals(System.getenv("CI"))) {
        Assertions.fail("must not be skipped with CI=true: " + what);
      }
      Assumptions.abort(what);
    }
  }
}
