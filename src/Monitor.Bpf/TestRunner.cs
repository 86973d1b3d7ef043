using Monitor.Bpf.Interop;

namespace Monitor.Bpf;

/// <summary>Has the kernel run a program once or often, without an attachment.</summary>
internal static class TestRunner
{
    // A program may make a packet longer, by as much as the kernel puts before it.
    private const int HeadroomBytes = 256;

    // The kernel hands back all of the context that it knows, however little it was given: 192 bytes of struct __sk_buff.
    private const int LeastContextBytes = 512;

    internal static unsafe TestRun Run(
        LoadedProgram program, ReadOnlySpan<byte> packet, ReadOnlySpan<byte> context, int repeat)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(repeat);
        // Where there is no packet, the kernel takes no room for one either.
        var packetAfter = new byte[packet.IsEmpty ? 0 : packet.Length + HeadroomBytes];
        var contextAfter = new byte[packet.IsEmpty || context.IsEmpty ? 0 : Math.Max(context.Length, LeastContextBytes)];
        fixed (byte* packetIn = packet, contextIn = context, packetOut = packetAfter, contextOut = contextAfter)
        {
            var options = new TestRunOptions
            {
                Size = (nuint)sizeof(TestRunOptions),
                PacketIn = packetIn,
                PacketInLength = (uint)packet.Length,
                PacketOut = packetOut,
                PacketOutLength = (uint)packetAfter.Length,
                ContextIn = contextIn,
                ContextInLength = (uint)context.Length,
                ContextOut = contextOut,
                ContextOutLength = (uint)contextAfter.Length,
                Repeat = repeat,
            };
            BpfException.ThrowIfNegative(
                Libbpf.bpf_prog_test_run_opts(program.Descriptor, &options), "running for a test", program.Name);
            return new TestRun(
                (int)options.ReturnValue,
                options.Duration,
                packetAfter.AsMemory(0, Math.Min(packetAfter.Length, (int)options.PacketOutLength)),
                contextAfter.AsMemory(0, Math.Min(contextAfter.Length, (int)options.ContextOutLength)));
        }
    }
}
