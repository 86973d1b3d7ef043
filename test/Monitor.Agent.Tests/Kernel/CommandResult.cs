using System.Globalization;

namespace Monitor.Agent.Tests.Kernel;

/// <param name="Pid">The process, also behind `ip netns exec`, which becomes the command.</param>
/// <param name="Output">What it printed.</param>
internal sealed record CommandResult(uint Pid, string Output)
{
    /// <summary>The output as a number.</summary>
    public uint Number => uint.Parse(Output, CultureInfo.InvariantCulture);
}
