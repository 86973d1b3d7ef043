namespace Monitor.Bpf;

/// <summary>What came of a program that the kernel ran for a test, see <see cref="BpfProgram.TestRun"/>.</summary>
/// <param name="ReturnValue">What the program returned.</param>
/// <param name="Nanoseconds">How long a run took, on average of all; 0 where the kernel does not measure, as of raw tracepoints.</param>
/// <param name="Packet">The packet as the program left it; empty where it was given none.</param>
/// <param name="Context">The context as the program left it, all of it; empty where it was given none, or no packet.</param>
public sealed record TestRun(int ReturnValue, uint Nanoseconds, ReadOnlyMemory<byte> Packet, ReadOnlyMemory<byte> Context);
