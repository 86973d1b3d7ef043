namespace Monitor.Server;

/// <summary>
/// How many exports in Parquet run at one time. Each holds a group of rows, since a file has its columns one after the other.
/// </summary>
internal sealed class ParquetPlaces
{
    /// <summary>Most at one time: an agent's limit in the chart is 512 MiB, and each may take 60 MiB.</summary>
    public const int Count = 2;

    private int _taken;

    /// <summary>Takes a place until it is disposed of; null where all are taken.</summary>
    public IDisposable? TryTake()
    {
        if (Interlocked.Increment(ref _taken) <= Count)
        {
            return new Place(this);
        }

        Interlocked.Decrement(ref _taken);
        return null;
    }

    private sealed class Place(ParquetPlaces places) : IDisposable
    {
        private int _isBack;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _isBack, 1) == 0)
            {
                Interlocked.Decrement(ref places._taken);
            }
        }
    }
}
