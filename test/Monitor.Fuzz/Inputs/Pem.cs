using System.Security.Cryptography;
using System.Text;

namespace Monitor.Fuzz.Inputs;

/// <summary>Damages what is in PEM: the text, or the bytes that it stands for.</summary>
internal static class Pem
{
    public static byte[] Damaged(string pem, Random random)
    {
        if (random.Next(3) == 0)
        {
            return Damage.Of(Encoding.UTF8.GetBytes(pem), random);
        }

        var fields = PemEncoding.Find(pem);
        var bytes = Convert.FromBase64String(pem[fields.Base64Data]);
        var damaged = PemEncoding.WriteString(pem[fields.Label], Damage.Of(bytes, random, most: 3));
        return Encoding.UTF8.GetBytes(pem[..fields.Location.Start.Value] + damaged + pem[fields.Location.End..]);
    }
}
