// SPDX-License-Identifier: Apache-2.0
package io.iovtee.verticles.access;

/**
 * One line of the file.
 *
 * @param name who it was given to, for the log
 * @param hash SHA-256 of the token's text, as 64 hexadecimal digits in lower case
 */
public record Token(String name, Role role, String hash) {
  @Override
  public String toString() {
    return name + " " + role.label();
  }
}
