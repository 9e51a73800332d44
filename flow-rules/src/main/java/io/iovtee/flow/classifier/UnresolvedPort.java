// SPDX-License-Identifier: Apache-2.0
package io.iovtee.flow.classifier;

/**
 * A port that a rule names and the switch does not have (yet).
 *
 * @param rule index of the rule
 * @param port the name
 * @param isInPort true: the rule matches no frame until the port is there; false: it matches, and
 *     this output has nowhere to go
 */
public record UnresolvedPort(int rule, String port, boolean isInPort) {}
