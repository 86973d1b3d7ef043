using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Monitor.Fuzz.Inputs;
using Monitor.Fuzz.Running;
using Monitor.Server;

namespace Monitor.Fuzz.Parsers;

/// <summary>Certificate, key and authority as a program finds them when it starts: used, or refused with the file's name.</summary>
internal sealed class CertificateCase : ParserCase, IDisposable
{
    // Between the files in an input; PEM has none.
    private const char Between = '\0';

    private static readonly string[] Names = [TlsFiles.Certificate, TlsFiles.Key, TlsFiles.Authority];

    private readonly TlsFiles _files = new(FuzzServer.Token);

    public override string Name => "certificates";

    public override int ShortInputs => 1000;

    public override byte[] Make(Random random)
    {
        var damaged = random.Next(Names.Length);
        return
            [
                .. string.Join(Between, Names.Select((name, index) => index == damaged
                    ? Encoding.Latin1.GetString(Pem.Damaged(_files.Good(name), random)).Replace(Between, ' ')
                    : _files.Good(name))).Select(one => (byte)one),
            ];
    }

    public void Dispose() => _files.Dispose();

    protected override string Parse(byte[] input)
    {
        var parts = Encoding.Latin1.GetString(input).Split(Between);
        for (var i = 0; i < Names.Length; i++)
        {
            _files.Write(Names[i], Encoding.Latin1.GetBytes(i < parts.Length ? parts[i] : ""));
        }

        try
        {
            using var identity = new TlsIdentity(_files.Options, TimeProvider.System, NullLogger.Instance);
            var problem = identity.Problem;
            _ = identity.ProblemOfClient(identity.RememberClient(identity.Certificate.TargetCertificate, null));
            return problem is null ? "used" : "used, with a problem";
        }
        catch (AccessException refused) when (Names.Any(name => refused.Message.Contains(name, StringComparison.Ordinal)))
        {
            return "refused";
        }
    }
}
