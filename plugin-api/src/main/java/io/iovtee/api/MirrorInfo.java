// SPDX-License-Identifier: Apache-2.0
package io.iovtee.api;

import java.util.List;

/**
 * A mirror of the switch, or the copies that rules ask for.
 *
 * @param name empty for the copies that rules ask for
 * @param all whether every port is selected, both ways
 * @param srcPorts ports whose received frames are copied
 * @param dstPorts ports for which frames are copied that are sent to them
 * @param output the port that gets the copies; empty if rules say which
 * @param frames copies that were handed to that port
 * @param bytes their bytes
 * @param lost copies that the port could not take at once
 */
public record MirrorInfo(
    String name,
    boolean all,
    List<String> srcPorts,
    List<String> dstPorts,
    String output,
    long frames,
    long bytes,
    long lost) {}
