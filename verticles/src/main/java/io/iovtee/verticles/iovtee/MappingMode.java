// SPDX-License-Identifier: Apache-2.0
package io.iovtee.verticles.iovtee;

/** Who decides whether a mapping writes through. */
public enum MappingMode {
  /** Write through whenever it is possible. */
  ON("on"),
  /** Stay on the copy path. */
  OFF("off"),
  /** The mode advisor decides. */
  AUTO("auto");

  private final String label;

  MappingMode(String label) {
    this.label = label;
  }

  /** The name in the configuration and in the HTTP API. */
  public String label() {
    return label;
  }

  /**
   * @throws IllegalArgumentException that says what is allowed
   */
  public static MappingMode parse(String text) {
    return Labels.parse("mode", text, values(), MappingMode::label);
  }
}
