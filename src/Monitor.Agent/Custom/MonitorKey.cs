using Monitor.Agent.Loading;
using NSec.Cryptography;
using Text = System.Text.Encoding;

namespace Monitor.Agent.Custom;

/// <summary>
/// The public key that objects must be signed with: one of minisign, whose signatures are in NAME.bpf.o.minisig, or an Ed25519
/// key in PEM, with the signatures of <c>cosign sign-blob</c> or <c>openssl pkeyutl -sign -rawin</c> in base64 in NAME.bpf.o.sig.
/// </summary>
internal sealed class MonitorKey
{
    private const int KeyIdBytes = 8, KeyBytes = 32, SignatureBytes = 64, AlgorithmBytes = 2;
    private const string TrustedComment = "trusted comment: ";

    private static readonly Ed25519 Algorithm = SignatureAlgorithm.Ed25519;

    private readonly PublicKey _key;
    private readonly byte[]? _keyId;

    private MonitorKey(PublicKey key, byte[]? keyId)
    {
        _key = key;
        _keyId = keyId;
    }

    /// <summary>What the name of a signature's file adds to that of the object.</summary>
    public string Extension => _keyId is null ? ".sig" : ".minisig";

    /// <summary>Reads a key.</summary>
    /// <param name="text">The content of its file.</param>
    /// <exception cref="FormatException">It is no public key of either kind.</exception>
    public static MonitorKey Parse(string text)
    {
        if (text.Contains("-----BEGIN PUBLIC KEY-----", StringComparison.Ordinal))
        {
            return PublicKey.TryImport(Algorithm, Text.ASCII.GetBytes(text.Trim()), KeyBlobFormat.PkixPublicKeyText, out var key)
                ? new MonitorKey(key!, null)
                : throw new FormatException("it is no Ed25519 key: other kinds are not supported");
        }

        var line = text.Split('\n').Select(line => line.Trim()).FirstOrDefault(line => line.Length > 0 && !line.StartsWith("untrusted comment:", StringComparison.Ordinal));
        return TryDecode(line, AlgorithmBytes + KeyIdBytes + KeyBytes, out var bytes)
            && bytes.AsSpan(0, AlgorithmBytes).SequenceEqual("Ed"u8)
            && PublicKey.TryImport(Algorithm, bytes.AsSpan(AlgorithmBytes + KeyIdBytes), KeyBlobFormat.RawPublicKey, out var own)
            ? new MonitorKey(own!, bytes[AlgorithmBytes..(AlgorithmBytes + KeyIdBytes)])
            : throw new FormatException("it is neither a public key of minisign nor an Ed25519 key in PEM");
    }

    /// <summary>Refuses an object that the key did not sign.</summary>
    /// <param name="content">The object.</param>
    /// <param name="signature">The content of the signature's file.</param>
    /// <exception cref="MonitorLoadException">It is refused.</exception>
    public void Check(ReadOnlySpan<byte> content, string signature)
    {
        if (_keyId is null ? !IsSigned(content, signature) : !IsSignedByMinisign(content, signature))
        {
            throw new MonitorLoadException("its signature is not one of this object by the key: sign it again");
        }
    }

    private bool IsSigned(ReadOnlySpan<byte> content, string signature) =>
        TryDecode(signature.Trim(), SignatureBytes, out var bytes) && Algorithm.Verify(_key, content, bytes);

    // Four lines: a comment, the signature, a comment that is signed too, and the signature of both.
    private bool IsSignedByMinisign(ReadOnlySpan<byte> content, string signature)
    {
        var lines = signature.Split('\n').Select(line => line.TrimEnd('\r')).ToArray();
        if (lines.Length < 4
            || !TryDecode(lines[1], AlgorithmBytes + KeyIdBytes + SignatureBytes, out var bytes)
            || !lines[2].StartsWith(TrustedComment, StringComparison.Ordinal)
            || !TryDecode(lines[3], SignatureBytes, out var global)
            || !bytes.AsSpan(AlgorithmBytes, KeyIdBytes).SequenceEqual(_keyId))
        {
            return false;
        }

        var own = bytes.AsSpan(AlgorithmBytes + KeyIdBytes);
        var algorithm = bytes.AsSpan(0, AlgorithmBytes);
        var isValid = algorithm.SequenceEqual("ED"u8) ? Algorithm.Verify(_key, HashAlgorithm.Blake2b_512.Hash(content), own)
            : algorithm.SequenceEqual("Ed"u8) && Algorithm.Verify(_key, content, own);
        return isValid && Algorithm.Verify(_key, [.. own, .. Text.UTF8.GetBytes(lines[2][TrustedComment.Length..])], global);
    }

    private static bool TryDecode(string? text, int length, out byte[] bytes)
    {
        bytes = new byte[length];
        // The text of no more bytes than that.
        return text is not null && text.Length <= length * 2
            && Convert.TryFromBase64String(text, new byte[length + 2], out var written) && written == length
            && Convert.TryFromBase64String(text, bytes, out _);
    }
}
