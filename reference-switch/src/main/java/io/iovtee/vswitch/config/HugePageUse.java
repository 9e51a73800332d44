// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.config;

/** Whether the switch's own frame buffers lie on huge pages: the key {@code switch.huge-pages}. */
public enum HugePageUse {
  /** {@code false}: small pages. */
  NEVER,
  /** {@code true}: small pages where huge ones are not to be had. */
  TRY,
  /** {@code required}: no switch without them. */
  REQUIRED
}
