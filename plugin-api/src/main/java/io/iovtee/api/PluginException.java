// SPDX-License-Identifier: Apache-2.0
package io.iovtee.api;

/** A plugin can not start, with what the operator can do about it. */
public class PluginException extends Exception {
  private static final long serialVersionUID = 1L;

  private final String key;

  public PluginException(String message) {
    super(message);
    key = "";
  }

  public PluginException(String message, Throwable cause) {
    super(message, cause);
    key = "";
  }

  private PluginException(String key, String message) {
    super(message);
    this.key = key;
  }

  /**
   * One whose cause stands in the configuration, so that the operator is told the line.
   *
   * @param key in the plugin's own section, for example {@code http.host}
   * @param message without the key
   */
  public static PluginException at(String key, String message) {
    return new PluginException(key, message);
  }

  /** The key in the plugin's section that is to blame; empty for the whole section. */
  public String key() {
    return key;
  }
}
