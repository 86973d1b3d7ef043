using System.Text;
using Monitor.Agent.Custom;
using Monitor.Agent.Loading;
using Monitor.Fuzz.Inputs;
using Monitor.Fuzz.Running;
using NSec.Cryptography;

namespace Monitor.Fuzz.Parsers;

/// <summary>
/// Keys that sign monitors, and signatures, of which one or the other was right once: refused, or the signature is still the
/// one that was made.
/// </summary>
internal sealed class MonitorKeyCase : ParserCase
{
    // Between key and signature; no letter of either.
    private const char Separator = '\0';
    private const string TrustedComment = "timestamp:1795000000 file:fuzzed.bpf.o";

    private static readonly byte[] Content = "what is signed"u8.ToArray();
    private static readonly byte[] KeyId = [1, 2, 3, 4, 5, 6, 7, 8];

    // Made of the same seed in each run.
    private static readonly Key Key = Key.Import(SignatureAlgorithm.Ed25519, new byte[32], KeyBlobFormat.RawPrivateKey);

    private static readonly (string Key, string Signature)[] Pairs =
    [
        (Encoding.ASCII.GetString(Key.PublicKey.Export(KeyBlobFormat.PkixPublicKeyText)), Convert.ToBase64String(Sign(Content)) + "\n"),
        (MinisignKey(), MinisignSignature("Ed"u8, Content)),
        (MinisignKey(), MinisignSignature("ED"u8, HashAlgorithm.Blake2b_512.Hash(Content))),
    ];

    public override string Name => "monitor-keys";

    public override int ShortInputs => 20_000;

    public override byte[] Make(Random random)
    {
        var (key, signature) = Pairs[random.Next(Pairs.Length)];
        byte[] keyBytes = Encoding.Latin1.GetBytes(key), signatureBytes = Encoding.Latin1.GetBytes(signature);
        return random.Next(3) == 0
            ? [.. Damage.Of(keyBytes, random), (byte)Separator, .. signatureBytes]
            : [.. keyBytes, (byte)Separator, .. Damage.Of(signatureBytes, random, most: 3)];
    }

    protected override string Parse(byte[] input)
    {
        var text = Encoding.Latin1.GetString(input);
        var at = text.IndexOf(Separator, StringComparison.Ordinal);
        var (keyText, signature) = at < 0 ? (text, "") : (text[..at], text[(at + 1)..]);
        MonitorKey key;
        try
        {
            key = MonitorKey.Parse(keyText);
        }
        catch (FormatException refused) when (refused.Message.Length > 0)
        {
            return "no key";
        }

        if (IsAccepted(key, [.. Content, 0], signature))
        {
            throw new FuzzException("it is accepted for what was not signed", keyText, signature);
        }

        return IsAccepted(key, Content, signature) ? "signed" : "refused";
    }

    private static bool IsAccepted(MonitorKey key, byte[] content, string signature)
    {
        try
        {
            key.Check(content, signature);
            return true;
        }
        catch (MonitorLoadException refused) when (refused.Message.Length > 0)
        {
            return false;
        }
    }

    private static byte[] Sign(byte[] content) => SignatureAlgorithm.Ed25519.Sign(Key, content);

    private static string MinisignKey()
    {
        byte[] key = [.. "Ed"u8, .. KeyId, .. Key.PublicKey.Export(KeyBlobFormat.RawPublicKey)];
        return $"untrusted comment: minisign public key\n{Convert.ToBase64String(key)}\n";
    }

    private static string MinisignSignature(ReadOnlySpan<byte> algorithm, byte[] content)
    {
        var own = Sign(content);
        byte[] line = [.. algorithm, .. KeyId, .. own];
        var global = Sign([.. own, .. Encoding.UTF8.GetBytes(TrustedComment)]);
        return $"untrusted comment: signature\n{Convert.ToBase64String(line)}\ntrusted comment: {TrustedComment}\n{Convert.ToBase64String(global)}\n";
    }
}
