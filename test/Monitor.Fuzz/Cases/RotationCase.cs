using System.Text;
using Monitor.Fuzz.Inputs;
using Monitor.Fuzz.Running;

namespace Monitor.Fuzz.Cases;

/// <summary>Certificate, key, authority and readers change on disk while the server serves, to what was right once. What cannot
/// be used is not: the server goes on with what it had, and says why.</summary>
internal sealed class RotationCase : FuzzCase
{
    public override string Name => "rotations";

    public override int ShortInputs => 300;

    public override async Task TryAsync(Random random, FuzzContext context)
    {
        var server = context.Server;
        var files = server.Files;
        var name = files.Names[random.Next(files.Names.Count)];
        var good = files.Good(name);
        var content = name == TlsFiles.Readers ? Damage.Of(Encoding.UTF8.GetBytes(good), random) : Pem.Damaged(good, random);
        var (before, serial) = (server.FilesTaken, (await AskAsync(context)).Serial);

        files.Write(name, content);
        server.Look();
        var isTaken = server.FilesTaken != before;
        var isAsBefore = content.AsSpan().SequenceEqual(Encoding.UTF8.GetBytes(good));
        context.Count($"{name} {(isTaken ? "taken" : isAsBefore ? "not changed" : "refused")}");
        var shown = $"{name}: {Encoding.Latin1.GetString(content)}";
        var answer = await AskAsync(context);
        // Readers that were taken may be others.
        if (answer.Status != 200 && !(answer.Status == 401 && isTaken && name == TlsFiles.Readers))
        {
            throw new FuzzException($"status {answer.Status} afterwards", shown, answer.Body);
        }

        if (!isTaken && answer.Serial != serial)
        {
            throw new FuzzException("refused, and yet another certificate", shown);
        }

        if (!isTaken && !isAsBefore && !answer.Body.Contains(name, StringComparison.Ordinal))
        {
            throw new FuzzException("refused, and health does not say so", shown, answer.Body);
        }

        files.Restore();
        server.Look();
        answer = await AskAsync(context);
        if (answer.Status != 200 || answer.Serial != serial || files.Names.Any(other => answer.Body.Contains(other, StringComparison.Ordinal)))
        {
            throw new FuzzException("not as before when the files are", shown, answer.Body);
        }
    }

    private static Task<(int Status, string Body, string Serial)> AskAsync(FuzzContext context) =>
        TlsClient.GetAsync(context.Server.Https, "/health", FuzzServer.Token);
}
