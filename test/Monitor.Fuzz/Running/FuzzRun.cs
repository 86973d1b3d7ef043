using System.Diagnostics;
using System.Globalization;

namespace Monitor.Fuzz.Running;

/// <summary>Tries inputs of one case, and stops at the first that does what it must not.</summary>
internal sealed class FuzzRun(FuzzCase fuzzCase, int seed, TextWriter report)
{
    // No input takes longer, whatever it is.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    // What a heap may grow by after a tenth of the inputs, when caches and pools have their sizes.
    private const long MostGrowthBytes = 32 << 20;

    // Fewer inputs say nothing of growth.
    private const long LeastForGrowth = 20_000;

    private long _tried;

    /// <summary>Runs.</summary>
    /// <param name="first">Index of the first input.</param>
    /// <param name="count">How many.</param>
    /// <param name="limit">When to stop where they are not all tried.</param>
    /// <returns>How many were tried.</returns>
    /// <exception cref="FuzzException">One did what it must not; the message has what repeats it.</exception>
    public async Task<long> RunAsync(long first, long count, TimeSpan limit)
    {
        await using var server = await FuzzServer.StartAsync();
        var context = new FuzzContext(server);
        var clock = Stopwatch.StartNew();
        var next = first;
        var before = Memory();
        var settled = before;
        using var failed = new CancellationTokenSource();
        await Task.WhenAll(Enumerable.Range(0, fuzzCase.Workers).Select(_ => Task.Run(async () =>
        {
            while (!failed.IsCancellationRequested && clock.Elapsed < limit && Interlocked.Increment(ref next) is var index && index <= first + count)
            {
                try
                {
                    await fuzzCase.TryAsync(new Random(HashCode(seed, index - 1)), context).WaitAsync(Patience);
                    server.ThrowIfErrorWasLogged();
                }
                catch (Exception failure)
                {
                    await failed.CancelAsync();
                    throw new InvalidOperationException(
                        $"{fuzzCase.Name}: input {index - 1} of seed {seed}: {failure.Message}\n  again:  ./build.sh fuzz {fuzzCase.Name} --seed {seed} --at {index - 1}",
                        failure);
                }

                if (Interlocked.Increment(ref _tried) == count / 10)
                {
                    settled = Memory();
                }
            }
        })));

        var after = Memory();
        report.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{fuzzCase.Name,-12} {_tried,9} inputs of seed {seed} in {clock.Elapsed.TotalSeconds:0.0} s; heap {before.Heap >> 20} -> {settled.Heap >> 20} -> {after.Heap >> 20} MiB, resident {before.Resident >> 20} -> {settled.Resident >> 20} -> {after.Resident >> 20} MiB"));
        report.WriteLine("             " + string.Join(", ", context.Counts.Select(pair => $"{pair.Key}: {pair.Value}")));
        await server.ThrowUnlessItWorksAsync();
        if (_tried >= LeastForGrowth && after.Heap - settled.Heap > MostGrowthBytes)
        {
            throw new InvalidOperationException(
                $"{fuzzCase.Name}: the heap has grown from {settled.Heap} to {after.Heap} bytes over {_tried} inputs of seed {seed}");
        }

        return _tried;
    }

    // Stable from one run of the program to the next, unlike System.HashCode.
    private static int HashCode(int seed, long index)
    {
        var hash = (ulong)index * 0x9E3779B97F4A7C15 ^ (uint)seed * 0xBF58476D1CE4E5B9UL;
        hash ^= hash >> 29;
        return (int)(hash * 0x94D049BB133111EB >> 33);
    }

    private static (long Heap, long Resident) Memory()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        return (GC.GetTotalMemory(forceFullCollection: true), Environment.WorkingSet);
    }
}
