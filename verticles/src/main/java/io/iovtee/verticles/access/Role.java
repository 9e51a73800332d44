// SPDX-License-Identifier: Apache-2.0
package io.iovtee.verticles.access;

import java.util.Locale;

/** What the owner of a token may do. */
public enum Role {
  /** Ask: whatever changes nothing. */
  READ,
  /** Ask and change. */
  WRITE;

  /** As it is written in the file. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
