using System.Net;

namespace Monitor.Server;

/// <summary>
/// Which tokens were right, and from where: those go on being looked at while somebody else at the same address guesses.
/// Bounded. Any thread.
/// </summary>
internal sealed class ProvenTokens
{
    private const int Max = 4096;

    private readonly HashSet<(IPAddress Client, string Hash)> _proven = [];

    public void Add(IPAddress client, string token)
    {
        lock (_proven)
        {
            if (_proven.Count >= Max)
            {
                // Who is still there proves it again with the next request.
                _proven.Clear();
            }

            _proven.Add((client, ReadersFile.HashOf(token)));
        }
    }

    public bool Contains(IPAddress client, string token)
    {
        lock (_proven)
        {
            return _proven.Contains((client, ReadersFile.HashOf(token)));
        }
    }
}
