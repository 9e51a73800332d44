// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.nic.xdp;

import io.iovtee.flow.FlowRule;
import io.iovtee.flow.Match;
import io.iovtee.flow.text.FlowRuleFormatter;
import io.iovtee.flow.text.FlowRuleParser;
import io.iovtee.flow.text.FlowSyntaxException;

/** Which frames a filtered queue takes: a match that the XDP program can decide. Immutable. */
final class FrameFilter {
  /** A rule's text is far shorter; a bound on what a request can make us parse. */
  private static final int TEXT_LENGTH_MAX = 1024;

  private final Match match;
  private final String text;

  private FrameFilter(Match match) {
    this.match = match;
    this.text = FlowRuleFormatter.format(match);
  }

  /**
   * Reads a filter in OVS text: {@code dl_dst=02:00:00:00:00:11,dl_vlan=100}.
   *
   * @throws IllegalArgumentException if it is no match, or none that the program can decide; the
   *     message says why
   */
  static FrameFilter parse(String ovsText) {
    return of(readMatch(ovsText));
  }

  /**
   * Reads a match of frames that come in on one port.
   *
   * @throws IllegalArgumentException if it is none; the message says why
   */
  static Match readMatch(String ovsText) {
    if (ovsText.length() > TEXT_LENGTH_MAX || ovsText.indexOf('\n') >= 0) {
      throw new IllegalArgumentException(
          "a match is one line of at most " + TEXT_LENGTH_MAX + " characters");
    }
    FlowRule rule;
    try {
      rule = FlowRuleParser.parseRule(ovsText.strip() + ",actions=drop");
    } catch (FlowSyntaxException e) {
      throw new IllegalArgumentException("not a match: " + e.getMessage(), e);
    }
    if (rule.priority() != FlowRule.PRIORITY_DEFAULT || rule.cookie() != 0) {
      throw new IllegalArgumentException("a filter has no priority and no cookie: " + ovsText);
    }
    Match match = rule.match();
    if (match.inPort() != null) {
      throw new IllegalArgumentException(
          "a filter belongs to one port already: leave in_port out, in_port=" + match.inPort());
    }
    if (match.isAny()) {
      throw new IllegalArgumentException("a filter that names no field would let everything in");
    }
    return match;
  }

  /**
   * @throws IllegalArgumentException if the program can not decide the match
   */
  static FrameFilter of(Match match) {
    FrameFilter filter = new FrameFilter(match);
    new FilterCode(new BpfAssembler(), match, "check").emit("matched", "missed");
    return filter;
  }

  Match match() {
    return match;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof FrameFilter filter && filter.match.equals(match);
  }

  @Override
  public int hashCode() {
    return match.hashCode();
  }

  /** The match in one form, without spaces. */
  @Override
  public String toString() {
    return text;
  }
}
