using System.Buffers.Binary;

namespace EndToEnd.Tests;

/// <summary>
/// The wall clock of one program, which the test sets while the program runs; that of the machine and of everybody else is as
/// it was. The time since boot, by which the kernel dates events, stays true.
/// </summary>
internal sealed class FakeClock : IDisposable
{
    private readonly string _file = Path.GetTempFileName();

    public FakeClock() => Set(TimeSpan.Zero);

    /// <summary>What the program is started with, and hands on to what it starts.</summary>
    public IReadOnlyDictionary<string, string> Environment => new Dictionary<string, string>
    {
        ["LD_PRELOAD"] = Path.Combine(ServerProcess.Artifacts(), "preload", "clock_offset.so"),
        ["CLOCK_OFFSET_FILE"] = _file,
    };

    /// <summary>How far it is ahead of the machine's; negative behind.</summary>
    public TimeSpan Offset { get; private set; }

    /// <summary>Steps the clock.</summary>
    public void Set(TimeSpan offset)
    {
        Offset = offset;
        Span<byte> nanoseconds = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(nanoseconds, offset.Ticks * TimeSpan.NanosecondsPerTick);
        // In place: the program has mapped it.
        using var file = File.OpenWrite(_file);
        file.Write(nanoseconds);
    }

    public void Dispose() => File.Delete(_file);
}
