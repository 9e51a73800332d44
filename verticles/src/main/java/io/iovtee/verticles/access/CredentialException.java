// SPDX-License-Identifier: Apache-2.0
package io.iovtee.verticles.access;

/** A file of a listener can not be used, with what the operator can do about it. */
public final class CredentialException extends Exception {
  private static final long serialVersionUID = 1L;

  private final String key;

  CredentialException(String key, String message) {
    super(message);
    this.key = key;
  }

  /** Which of the listener's keys names the file: {@code tls.key}, {@code tokens}. */
  public String key() {
    return key;
  }
}
